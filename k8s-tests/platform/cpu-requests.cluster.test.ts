import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { recallState } from '../../cluster/state.ts';
import { kubectl } from '../harness/kubectl.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { effectiveRequest, expectedRequests, sum, surgeOf, TWO_CPUS } from './cpu-requests.ts';

useCluster();

/** The CPU requests of running pods, by their name without the suffix that a controller or the node appends. */
async function readRunning(): Promise<Record<string, number>> {
  const { items } = JSON.parse(await kubectl('get', 'pods', '-A', '-o', 'json')) as { items: V1Pod[] };
  const requests: Record<string, number> = {};
  for (const { metadata, spec, status } of items) {
    if (!spec || status?.phase === 'Succeeded' || status?.phase === 'Failed' || metadata?.deletionTimestamp) continue;
    const owner = metadata?.labels?.app ?? metadata?.labels?.['k8s-app'] ?? metadata?.labels?.component;
    const name = owner ?? metadata?.labels?.['strimzi.io/pool-name'] ?? metadata?.name ?? '';
    const milli = effectiveRequest(spec);
    if (milli > 0) requests[name] = (requests[name] ?? 0) + milli;
  }
  return requests;
}

it('all pods request the CPU that their sources state, and leave room for one more pod of every service', async () => {
  const target = (await recallState())?.target === 'native' ? 'native' : 'kind';
  const manifests = join(root, 'dist/dev');
  const running = await readRunning();
  const { kindnet = 0, ...expected } = expectedRequests(target, manifests);
  // A custom kind node image may have another network.
  expect(sum(running), JSON.stringify(running)).toBe(sum(expected) + (running.kindnet === undefined ? 0 : kindnet));
  expect(sum(running) + sum(surgeOf(manifests)), JSON.stringify(running)).toBeLessThanOrEqual(TWO_CPUS);
});
