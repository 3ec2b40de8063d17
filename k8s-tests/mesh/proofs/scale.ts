import type { Edge } from '../../../cdk8s/model/dependencies.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { scaleDeployment } from '../../harness/scale-deployment.ts';
import { endpointsOf, type Source } from './source.ts';

/** Brings the callees of the edges to as many pods as the source has, and waits until no other is left. A partner's stay as they are. */
export async function scaleCallees(cluster: Cluster, source: Source, edges: readonly Edge[]): Promise<void> {
  const callees = new Map(edges.filter(({ service }) => !service.external).map((edge) => [edge.callee, edge]));
  await Promise.all(
    [...callees.values()].map((edge) => {
      const deployment = { namespace: edge.service.namespace, name: edge.callee };
      return scaleDeployment(cluster, deployment, endpointsOf(edge, source));
    }),
  );
}
