import { environments } from '../../../cdk8s/environments.ts';
import { type Dependency, joinDependencies, podsOf } from '../../../cdk8s/model/dependencies.ts';
import type { Replicas } from '../../../cdk8s/model/environment.ts';
import type { Model } from '../../../cdk8s/model/model.ts';
import { policies } from '../../../cdk8s/policies.ts';
import { topology } from '../../../cdk8s/topology.ts';

/** What the derived tests are derived from: who calls whom, what happens when a call fails, and how many pods there are. */
export interface Source extends Pick<Model, 'topology' | 'policies'> {
  readonly replicas: Replicas;
}

/** What `make up` has deployed. */
export const deployed: Source = { topology, policies, replicas: environments.dev.replicas };

/** Which dependencies a suite is about. */
export type Select = (dependency: Dependency) => boolean;

/** The dependencies to test; fails when there is none, since a suite without tests proves nothing. */
export function dependenciesOf({ topology, policies }: Source, select: Select = () => true): readonly Dependency[] {
  const dependencies = joinDependencies(topology, policies).filter(select);
  if (dependencies.length === 0) throw new Error('no dependency to test');
  return dependencies;
}

/** Of the callee, as its callers' proxies see them: a partner is one name, whatever stands behind it. */
export function endpointsOf({ callee, service }: Dependency, { replicas }: Source): number {
  return service.external ? 1 : podsOf(callee, replicas);
}
