import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCluster } from '../harness/cluster.ts';
import { stormChain } from './chain/chains.ts';
import { RunningChain } from './chain/running-chain.ts';
import { meshManifestsWithoutBudgets } from './chain/workloads.ts';

const cluster = openCluster();
const chain = new RunningChain(cluster, stormChain);

/** Calls in flight. At most 4 % of them, 8, may be retries; the budget's floor of 3 alone would admit 1.5 %. */
const inFlight = 200;

/** How many calls reach the leaf for each one that the client makes. */
async function measureAmplification(requests: number): Promise<number> {
  const before = await chain.hitsOf('leaf');
  const { statuses } = await chain.runClient({ requests, inFlight });
  expect(statuses).toEqual({ 503: requests });
  return ((await chain.hitsOf('leaf')).requests - before.requests) / requests;
}

describe('a leaf that fails every call, behind three hops that all retry twice', () => {
  beforeAll(() => chain.start({ leaf: { STATUS: '503', WORK_MS: '300' } }));
  afterAll(async () => {
    await chain.remove();
    cluster.close();
  });

  it('gets at most 1.2 calls per request with the budgets, floor included', async () => {
    await chain.waitForBudgets({ percent: 4, minConcurrency: 3 });
    const amplification = await measureAmplification(2_000);
    console.log(`with budgets of 4 %: ${amplification.toFixed(3)} calls at the leaf per request`);
    expect(amplification).toBeLessThanOrEqual(1.2);
    // The budgets cap retries but do not forbid them.
    expect(amplification).toBeGreaterThan(1.02);
  });

  it('gets over ten calls per request without them', async () => {
    await chain.apply(meshManifestsWithoutBudgets(stormChain));
    await chain.waitForBudgets(null);
    const amplification = await measureAmplification(inFlight);
    console.log(`without budgets: ${amplification.toFixed(1)} calls at the leaf per request`);
    expect(amplification).toBeGreaterThan(10);
  });
});
