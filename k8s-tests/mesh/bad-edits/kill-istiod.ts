import { pause } from '../../../services/lib/runtime/timing.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { eventually } from '../../harness/eventually.ts';
import { targets } from '../../storm/fault-targets.ts';
import { inject } from '../../storm/inject.ts';
import { openNodeShell } from '../../storm/node-shell.ts';

const namespace = 'istio-system';
const labels = 'app=istiod';
/** How long istiod runs between two kills. */
const pauseMs = 3_000;

/**
 * Kills istiod's process again and again, each time as soon as it has been ready for three seconds. The kubelet would
 * delay each restart of one container longer than the last, so the pod is replaced after each kill.
 *
 * @returns for each kill, how long no istiod was ready
 */
export async function killIstiod(cluster: Cluster, kills: number, signal: AbortSignal): Promise<readonly number[]> {
  const target = targets.find(({ name }) => name === 'istiod');
  if (target?.kind !== 'process') throw new Error('istiod is no target of faults');
  const node = await openNodeShell();
  const gapsMs: number[] = [];
  for (let n = 0; n < kills; n++) {
    await pause(pauseMs, signal);
    if (signal.aborted) return gapsMs;
    const { name } = await cluster.onlyPod(namespace, labels);
    const killedAt = performance.now();
    const record = await inject({ kind: 'kill', target, atMs: 0 }, { cluster, node, signal });
    if (!record.effective) throw new Error(`istiod was not killed: ${record.observed.join('; ')}`);
    await cluster.core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
    await eventually(
      async () => {
        const { name: next } = await cluster.onlyPod(namespace, labels);
        if (next === name) throw new Error(`${name} still counts as ready`);
      },
      { timeoutMs: 90_000, intervalMs: 500 },
    );
    gapsMs.push(performance.now() - killedAt);
  }
  return gapsMs;
}
