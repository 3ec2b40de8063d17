import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { kubectl } from './kubectl.ts';
import type { PodRef } from './pod-ref.ts';

/** Brings a deployment to so many pods, and waits until they are ready and no other is left. */
export async function scaleDeployment(cluster: Cluster, { namespace, name }: PodRef, pods: number): Promise<void> {
  await kubectl('-n', namespace, 'scale', `deploy/${name}`, `--replicas=${pods}`);
  await kubectl('-n', namespace, 'rollout', 'status', `deploy/${name}`, '--timeout=120s');
  await eventually(
    async () => {
      const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector: `app=${name}` });
      const ready = await cluster.readyPods(namespace, `app=${name}`);
      const found = `${name} has ${items.length} pods, ${ready.length} of them ready`;
      if (items.length !== pods || ready.length !== pods) throw new Error(`${found}, expected ${pods}`);
    },
    { timeoutMs: 60_000 },
  );
}
