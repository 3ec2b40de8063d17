import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCluster } from '../harness/cluster.ts';
import { slowChain } from './chain/chains.ts';
import { recoverySeconds, sumOf } from './chain/goodput.ts';
import { RunningChain } from './chain/running-chain.ts';
import { meshManifestsWithoutBudgets } from './chain/workloads.ts';

const cluster = openCluster();
const chain = new RunningChain(cluster, slowChain);

/**
 * Six workers of 50 ms answer 120 calls per second, four times the clients' rate: spare capacity, which a retry storm of
 * eight calls per request exceeds. A call that waits for over 300 ms is abandoned, and the leaf works on it nevertheless.
 */
const leaf = { WORKERS: '6', WORK_MS: '50' };
const slowWorkMs = 1_000;
const ratePerSecond = 30;
const beforeS = 15;
const slowS = 60;
const afterS = 45;

/** Goodput by the second, attempts at the leaf while it was slow, and the seconds until 95 % of the goodput was back. */
async function measure(name: string) {
  const running = chain.runClient({ requests: ratePerSecond * (beforeS + slowS + afterS), ratePerSecond });
  await sleep(beforeS * 1_000);
  const before = await chain.hitsOf('leaf');
  await chain.setLeafWork(slowWorkMs);
  await sleep(slowS * 1_000);
  await chain.setLeafWork(Number(leaf.WORK_MS));
  const endedAtMs = Date.now();
  const after = await chain.hitsOf('leaf');
  const { startedAtMs, succeeded } = await running;
  const endS = Math.floor((endedAtMs - startedAtMs) / 1_000);
  const earlier = sumOf(succeeded.slice(2, beforeS - 2)) / (beforeS - 4);
  const recovered = recoverySeconds(succeeded.slice(endS), 0.95 * earlier);
  const attemptsPerSecond = (after.requests - before.requests) / slowS;
  console.log(
    `${name}: ${attemptsPerSecond.toFixed(1)} attempts per second at the slow leaf, ${after.queued} queued at its end, ` +
      `95 % of ${earlier.toFixed(1)} successes per second back after ${recovered ?? `more than ${succeeded.length - endS}`} s`,
  );
  console.log(`successes by the second: ${succeeded.join(' ')}`);
  return { earlier, attemptsPerSecond, recovered, during: sumOf(succeeded.slice(endS - slowS + 5, endS)) };
}

describe('a leaf that was slow for a minute, behind three hops that retry what takes too long', () => {
  beforeAll(() => chain.start({ leaf }));
  afterAll(async () => {
    await chain.remove();
    cluster.close();
  });

  it('serves 95 % of the earlier goodput within 30 s with the budgets, and not without them', async () => {
    await chain.waitForBudgets({ percent: 4, minConcurrency: 1 });
    const capped = await measure('with budgets');
    await chain.apply(meshManifestsWithoutBudgets(slowChain));
    await chain.waitForBudgets(null);
    const uncapped = await measure('without budgets');

    expect(capped.earlier, 'the chain serves its load before').toBeGreaterThan(0.98 * ratePerSecond);
    expect(capped.during, 'no call succeeds while the leaf is slow').toBeLessThan(ratePerSecond);
    expect(capped.recovered).toBeLessThanOrEqual(30);
    expect(uncapped.attemptsPerSecond).toBeGreaterThan(2 * capped.attemptsPerSecond);
    expect(uncapped.recovered ?? Number.POSITIVE_INFINITY).toBeGreaterThan(30);
  }, 400_000);
});
