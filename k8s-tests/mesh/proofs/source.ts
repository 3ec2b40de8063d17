import { environments } from '../../../cdk8s/environments.ts';
import { type Dependency, joinDependencies, podsOf } from '../../../cdk8s/model/dependencies.ts';
import type { Replicas } from '../../../cdk8s/model/environment.ts';
import type { Model } from '../../../cdk8s/model/model.ts';
import { policies } from '../../../cdk8s/policies.ts';
import { topology } from '../../../cdk8s/topology.ts';
import { Admin } from '../../harness/admin.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { scaleDeployment } from '../../harness/kubectl.ts';

/**
 * The model that the derived tests read: who calls whom, what happens when a call fails, and how many pods there are.
 */
export interface Source extends Pick<Model, 'topology' | 'policies'> {
  readonly replicas: Replicas;
}

/** What `make up` has deployed. */
export const deployed: Source = { topology, policies, replicas: environments.dev.replicas };

/** Selects the dependencies that a suite tests. */
export type Select = (dependency: Dependency) => boolean;

/** The dependencies to test; fails when there is none, since a suite without tests proves nothing. */
export function dependenciesOf({ topology, policies }: Source, select: Select = () => true): readonly Dependency[] {
  const dependencies = joinDependencies(topology, policies).filter(select);
  if (dependencies.length === 0) throw new Error('no dependency to test');
  return dependencies;
}

/** How many endpoints of the callee its callers' proxies see. An external partner is one, a host name. */
export function endpointsOf({ callee, service }: Dependency, { replicas }: Source): number {
  return service.external ? 1 : podsOf(callee, replicas);
}

/** The admin ports of a service's pods. */
export function adminOf(cluster: Cluster, { topology }: Source, name: string): Admin {
  const service = topology.services[name];
  if (service === undefined) throw new Error(`${name} is no service of the topology`);
  return new Admin(cluster, { namespace: service.namespace, name });
}

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
