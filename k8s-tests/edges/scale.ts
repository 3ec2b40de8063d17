import type { Edge } from '../../cdk8s/mesh/edges.ts';
import type { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { kubectl } from '../harness/kubectl.ts';
import { endpointsOf, type Source } from './source.ts';

/** Brings the callees of the edges to as many pods as the source has, and waits until no other is left. A partner's stay as they are. */
export async function scaleCallees(cluster: Cluster, source: Source, edges: readonly Edge[]): Promise<void> {
  const callees = new Map(edges.filter(({ service }) => !service.external).map((edge) => [edge.callee, edge]));
  await Promise.all([...callees.values()].map((edge) => scale(cluster, edge, endpointsOf(edge, source))));
}

async function scale(cluster: Cluster, { callee, service }: Edge, pods: number): Promise<void> {
  const { namespace } = service;
  await kubectl('-n', namespace, 'scale', `deploy/${callee}`, `--replicas=${pods}`);
  await kubectl('-n', namespace, 'rollout', 'status', `deploy/${callee}`, '--timeout=120s');
  await eventually(
    async () => {
      const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector: `app=${callee}` });
      const ready = await cluster.readyPods(namespace, `app=${callee}`);
      const found = `${callee} has ${items.length} pods, ${ready.length} of them ready`;
      if (items.length !== pods || ready.length !== pods) throw new Error(`${found}, expected ${pods}`);
    },
    { timeoutMs: 60_000 },
  );
}
