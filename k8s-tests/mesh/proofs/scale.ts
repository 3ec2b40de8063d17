import type { Dependency } from '../../../cdk8s/model/dependencies.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { scaleDeployment } from '../../harness/scale-deployment.ts';
import { endpointsOf, type Source } from './source.ts';

/**
 * Scales each callee to the source's number of pods and waits until no other pod is left. It does not scale external
 * partners.
 */
export async function scaleCallees(
  cluster: Cluster,
  source: Source,
  dependencies: readonly Dependency[],
): Promise<void> {
  const callees = new Map(
    dependencies.filter(({ service }) => !service.external).map((dependency) => [dependency.callee, dependency]),
  );
  await Promise.all(
    [...callees.values()].map((dependency) => {
      const deployment = { namespace: dependency.service.namespace, name: dependency.callee };
      return scaleDeployment(cluster, deployment, endpointsOf(dependency, source));
    }),
  );
}
