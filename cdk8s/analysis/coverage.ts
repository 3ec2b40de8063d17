import { edgeId, ownValue, syncInteractions } from '../model/dependencies.ts';
import type { Policies, Topology } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';

/** A policy for each edge and RPC. */
export function policyForEachEdge(topology: Topology, policies: Policies): Problem[] {
  const missing = {
    value: 'policy = none',
    rule: 'policy-for-each-edge',
    message: 'nothing says what happens when this call fails.',
  };
  return syncInteractions(topology).flatMap((interaction) => {
    const edge = edgeId(interaction);
    const policy = ownValue(policies, edge);
    if (!policy) return [{ edge, ...missing }];
    return Object.keys(interaction.rpcs)
      .filter((name) => !ownValue(policy.rpcs, name))
      .map((name) => ({ edge: `${edge}.${name}`, ...missing }));
  });
}

/** An edge and RPC for each policy. */
export function edgeForEachPolicy(topology: Topology, policies: Policies): Problem[] {
  const unused = { value: 'policy = unused', rule: 'edge-for-each-policy', message: 'topology.ts has no such call.' };
  const rpcsOf = new Map(syncInteractions(topology).map((interaction) => [edgeId(interaction), interaction.rpcs]));
  return Object.entries(policies).flatMap(([edge, policy]) => {
    const rpcs = rpcsOf.get(edge);
    if (!rpcs) return [{ edge, ...unused }];
    return Object.keys(policy.rpcs)
      .filter((name) => !ownValue(rpcs, name))
      .map((name) => ({ edge: `${edge}.${name}`, ...unused }));
  });
}
