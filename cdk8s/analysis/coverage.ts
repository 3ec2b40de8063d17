import { dependencyId, ownValue, syncInteractions } from '../model/dependencies.ts';
import type { Policies, Topology } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';

/** A policy for each dependency and RPC. */
export function policyForEachDependency(topology: Topology, policies: Policies): Problem[] {
  const missing = {
    value: 'policy = none',
    rule: 'policy-for-each-dependency',
    message: 'nothing says what happens when this call fails.',
  };
  return syncInteractions(topology).flatMap((interaction) => {
    const dependency = dependencyId(interaction);
    const policy = ownValue(policies, dependency);
    if (!policy) return [{ subject: dependency, ...missing }];
    return Object.keys(interaction.rpcs)
      .filter((name) => !ownValue(policy.rpcs, name))
      .map((name) => ({ subject: `${dependency}.${name}`, ...missing }));
  });
}

/** A dependency and RPC for each policy. */
export function dependencyForEachPolicy(topology: Topology, policies: Policies): Problem[] {
  const unused = {
    value: 'policy = unused',
    rule: 'dependency-for-each-policy',
    message: 'topology.ts has no such call.',
  };
  const rpcsOf = new Map(
    syncInteractions(topology).map((interaction) => [dependencyId(interaction), interaction.rpcs]),
  );
  return Object.entries(policies).flatMap(([dependency, policy]) => {
    const rpcs = rpcsOf.get(dependency);
    if (!rpcs) return [{ subject: dependency, ...unused }];
    return Object.keys(policy.rpcs)
      .filter((name) => !ownValue(rpcs, name))
      .map((name) => ({ subject: `${dependency}.${name}`, ...unused }));
  });
}
