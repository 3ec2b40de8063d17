import { environments } from '../../../cdk8s/environments.ts';
import { type Dependency, joinDependencies, podsOf } from '../../../cdk8s/model/dependencies.ts';
import type { Replicas } from '../../../cdk8s/model/environment.ts';
import type { Model } from '../../../cdk8s/model/model.ts';
import { policies } from '../../../cdk8s/policies.ts';
import { topology } from '../../../cdk8s/topology.ts';

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
