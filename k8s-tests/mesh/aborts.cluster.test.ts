import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCluster } from '../harness/cluster.ts';
import { longChain } from './chain/chains.ts';
import { type Hits, RunningChain } from './chain/running-chain.ts';
import { meshManifestsWithoutRetries } from './chain/workloads.ts';

const cluster = openCluster();
const chain = new RunningChain(cluster, longChain);
const { callees } = longChain;

const abortPercent = 1;
const ratePerSecond = 100;
/** In new pods the first connections and calls are slow. Their proxies would time out connects under the full rate. */
const warmUp = { requests: 1_000, ratePerSecond: 50 };

const readAll = (): Promise<Hits[]> => Promise.all(callees.map((callee) => chain.hitsOf(callee)));

/** Sends the requests at a steady rate and counts successes at the client, and attempts and aborts at each callee. */
async function measure(requests: number) {
  const before = await readAll();
  const { statuses, reasons, succeeded } = await chain.runClient({ requests, ratePerSecond });
  const hops = (await readAll()).map((after, index) => ({
    attempts: after.requests - (before[index]?.requests ?? 0),
    aborts: after.aborts - (before[index]?.aborts ?? 0),
  }));
  const share = (statuses[200] ?? 0) / requests;
  const worst = Math.min(...succeeded.slice(1, -1));
  console.log(
    `${(100 * share).toFixed(3)} % of ${requests} succeeded: ${JSON.stringify({ statuses, reasons, worst, hops })}`,
  );
  return { share, hops };
}

/** The half width of a band that a share of independent requests leaves once in 15,000 runs: four standard deviations. */
const bandOf = (share: number, requests: number): number => 4 * Math.sqrt((share * (1 - share)) / requests);

describe('five hops, each of which aborts 1 % of its requests', () => {
  beforeAll(() => chain.start({ each: { ABORT_PERCENT: String(abortPercent) } }));
  afterAll(async () => {
    await chain.remove();
    cluster.close();
  });

  it('succeed for at least 99.99 % of the requests with the policies, by one attempt more for each abort', async () => {
    const requests = 20_000;
    await chain.waitForRetries(2);
    await chain.runClient(warmUp);
    const { share, hops } = await measure(requests);
    // Three aborts in a row fail a hop: five in a million requests on five hops.
    expect(share).toBeGreaterThanOrEqual(0.9999);
    for (const { attempts, aborts } of hops) {
      expect(Math.abs(aborts / attempts - abortPercent / 100)).toBeLessThan(bandOf(abortPercent / 100, requests));
      // A hop that failed permanently is attempted again by the hop before it.
      expect(Math.abs(attempts - requests - aborts)).toBeLessThanOrEqual(10);
    }
  }, 290_000);

  it('succeed for about 95.1 % without retries', async () => {
    const requests = 5_000;
    await chain.apply(meshManifestsWithoutRetries(longChain));
    await chain.waitForRetries(0);
    const { share, hops } = await measure(requests);
    const expected = (1 - abortPercent / 100) ** callees.length;
    expect(Math.abs(share - expected)).toBeLessThan(bandOf(expected, requests));
    // Each hop gets what the one before it did not abort.
    expect(hops.map(({ attempts }) => attempts)).toEqual(
      hops.map((_, index) => requests - hops.slice(0, index).reduce((sum, { aborts }) => sum + aborts, 0)),
    );
  });
});
