import type { Decision } from './decision.ts';
import type { Replicas } from './environment.ts';
import { dependencyId, syncInteractions } from './interactions.ts';
import type { DependencyPolicy, Policies, RpcPolicy } from './policy.ts';
import { GATEWAY, type Rpc, type Service, type Topology } from './topology.ts';

/** One caller and one callee, joined with their policy. */
export interface Dependency {
  readonly id: string;
  readonly caller: string;
  readonly callee: string;
  readonly service: Service;
  readonly decision: Decision;
  readonly policy: DependencyPolicy;
  readonly rpcs: readonly RpcWithPolicy[];
}

/** One RPC of a dependency, joined with its policy. */
export interface RpcWithPolicy {
  /** `orders->inventory.Check` in messages. */
  readonly id: string;
  readonly name: string;
  readonly rpc: Rpc;
  readonly policy: RpcPolicy;
}

/** A record's entry of that name, and not what every object inherits: a service may be called `constructor`. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** How many pods a service has, or the gateway. */
export function podsOf(name: string, { each, of, gateway = 1 }: Replicas): number {
  if (name === GATEWAY) return gateway;
  return (of && ownValue(of, name)) ?? each;
}

/** The dependencies that have a callee and a policy; what is missing is reported by the analysis's coverage rule. */
export function joinDependencies(topology: Topology, policies: Policies): Dependency[] {
  return syncInteractions(topology).flatMap((interaction) => {
    const id = dependencyId(interaction);
    const service = ownValue(topology.services, interaction.callee);
    const policy = ownValue(policies, id);
    if (!service || !policy) return [];
    const rpcs = Object.entries(interaction.rpcs).flatMap(([name, rpc]) => {
      const rpcPolicy = ownValue(policy.rpcs, name);
      return rpcPolicy ? [{ id: `${id}.${name}`, name, rpc, policy: rpcPolicy }] : [];
    });
    const { caller, callee, decision } = interaction;
    return [{ id, caller, callee, service, decision, policy, rpcs }];
  });
}
