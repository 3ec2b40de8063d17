import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterHostOf, PORTS } from '../../cdk8s/model/addresses.ts';
import { apply } from '../../cluster/kubernetes/kubectl.ts';
import { toStream } from '../../cluster/kubernetes/objects.ts';
import { check, hasStatus } from '../harness/check.ts';
import { openCluster } from '../harness/cluster.ts';
import { type EnvoyCluster, readCluster } from '../harness/envoy-cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import { kubectl } from '../harness/kubectl.ts';
import { chain, NAMESPACE } from './retry-storm/chain.ts';
import {
  evaluate,
  meshManifests,
  meshManifestsWithoutBudgets,
  sourceOf,
  workloadManifests,
} from './retry-storm/workloads.ts';

const cluster = openCluster();

/** Calls in flight. At most 4 % of them, 8, may be retries; the budget's floor of 3 alone would admit 1.5 %. */
const inFlight = 200;

const applyAll = (manifests: readonly object[]) => apply(toStream(manifests), 'retry storm');

async function leafRequests(): Promise<number> {
  const port = await cluster.forwards.open({ namespace: NAMESPACE, name: 'leaf' }, 8080);
  return Number(check(await send({ url: `http://127.0.0.1:${port}/hits` }), hasStatus(200)).text);
}

/** How many calls reach the leaf for each one that the client makes. */
async function measureAmplification(requests: number): Promise<number> {
  const before = await leafRequests();
  const variables = [`URL=http://first.${NAMESPACE}.svc.cluster.local:8080/call`, `REQUESTS=${requests}`];
  const command = ['env', ...variables, `IN_FLIGHT=${inFlight}`, ...evaluate, await sourceOf('client.ts')];
  const printed = await kubectl('-n', NAMESPACE, 'exec', 'client', '-c', 'client', '--', ...command);
  expect(JSON.parse(printed)).toEqual({ 503: requests });
  return ((await leafRequests()) - before) / requests;
}

/** The retry budget that each proxy of the chain has live for its one hop with retries. */
function liveBudgets() {
  return Promise.all(
    chain.topology.interactions.map(async ({ caller, callee }) => {
      const called = `outbound|${PORTS.http}||${clusterHostOf(callee, chain.topology.services.leaf)}`;
      return (await readCluster(cluster, { namespace: NAMESPACE, name: caller }, called)).retryBudget;
    }),
  );
}

async function waitForBudgets(expected: EnvoyCluster['retryBudget']): Promise<void> {
  await eventually(async () => expect(await liveBudgets()).toEqual([expected, expected, expected]), {
    timeoutMs: 30_000,
  });
}

describe('a leaf that fails every call, behind three hops that all retry twice', () => {
  beforeAll(async () => {
    const { image } = JSON.parse(
      await kubectl('-n', 'shop', 'get', 'deploy/orders', '-o', 'jsonpath={.spec.template.spec.containers[0]}'),
    ) as { image: string };
    await applyAll([...(await workloadManifests(image)), ...meshManifests()]);
    await kubectl('-n', NAMESPACE, 'wait', 'pod', '--all', '--for=condition=Ready', '--timeout=90s');
  });
  afterAll(async () => {
    await kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
    cluster.close();
  });

  it('gets at most 1.2 calls per request with the budgets, floor included', async () => {
    await waitForBudgets({ percent: 4, minConcurrency: 3 });
    const amplification = await measureAmplification(2_000);
    console.log(`with budgets of 4 %: ${amplification.toFixed(3)} calls at the leaf per request`);
    expect(amplification).toBeLessThanOrEqual(1.2);
    // The budgets cap retries but do not forbid them.
    expect(amplification).toBeGreaterThan(1.02);
  });

  it('gets over ten calls per request without them', async () => {
    await applyAll(meshManifestsWithoutBudgets());
    await waitForBudgets(null);
    const amplification = await measureAmplification(inFlight);
    console.log(`without budgets: ${amplification.toFixed(1)} calls at the leaf per request`);
    expect(amplification).toBeGreaterThan(10);
  });
});
