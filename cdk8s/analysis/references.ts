import { ownValue } from '../model/dependencies.ts';
import type { Replicas } from '../model/environment.ts';
import { dependencyId, interactionId, syncInteractions } from '../model/interactions.ts';
import type { Policies } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import {
  type AsyncInteraction,
  GATEWAY,
  type Service,
  type SyncInteraction,
  type Topology,
} from '../model/topology.ts';

type Names = ReadonlySet<string>;

interface Known {
  /** Only a caller with a sidecar obeys a policy. */
  readonly callers: Names;
  readonly callees: Names;
  readonly members: Names;
  readonly topics: Names;
  readonly calls: Names;
}

/** Interactions, `calls` and replicas name only members of topology.ts, and only those that can play that part. */
export function namesExist(topology: Topology, replicas: readonly Replicas[]): Problem[] {
  const known = readKnown(topology);
  return [
    ...topology.interactions.flatMap((interaction) =>
      interaction.style === 'sync' ? checkSync(interaction, known) : checkAsync(interaction, known),
    ),
    ...replicas.flatMap(({ of }) =>
      Object.keys(of ?? {}).flatMap((name) =>
        check('replicas', 'service', name, new Set(Object.keys(topology.services))),
      ),
    ),
  ];
}

function readKnown(topology: Topology): Known {
  const services = Object.entries(topology.services);
  const named = (part: (service: Service) => boolean) =>
    services.filter(([, service]) => part(service)).map(([name]) => name);
  const members = named(({ external }) => external === undefined);
  return {
    callers: new Set([GATEWAY, ...members]),
    callees: new Set(named(({ serves }) => serves !== 'nothing')),
    members: new Set(members),
    topics: new Set(Object.keys(topology.topics)),
    calls: new Set(
      syncInteractions(topology).flatMap((interaction) =>
        Object.keys(interaction.rpcs).map((name) => `${dependencyId(interaction)}.${name}`),
      ),
    ),
  };
}

function checkSync(interaction: SyncInteraction, known: Known): Problem[] {
  const dependency = dependencyId(interaction);
  const { caller, callee, rpcs } = interaction;
  return [
    ...check(dependency, 'caller in the mesh', caller, known.callers),
    ...check(dependency, 'callee that serves something', callee, known.callees),
    ...Object.entries(rpcs).flatMap(([name, { calls }]) =>
      calls.flatMap((call) => check(`${dependency}.${name}`, 'call', `${callee}->${call}`, known.calls)),
    ),
  ];
}

function checkAsync(interaction: AsyncInteraction, known: Known): Problem[] {
  const dependency = interactionId(interaction);
  const { producer, topic, consumers } = interaction;
  return [
    ...check(dependency, 'producer', producer, known.members),
    ...check(dependency, 'topic', topic, known.topics),
    ...consumers.flatMap((name) => check(dependency, 'consumer', name, known.members)),
  ];
}

function check(dependency: string, kind: string, name: string, known: Names): Problem[] {
  if (known.has(name)) return [];
  return [
    {
      subject: dependency,
      value: `${kind} = ${name}`,
      rule: 'names-exist',
      message: `topology.ts has no such ${kind}.`,
    },
  ];
}

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
