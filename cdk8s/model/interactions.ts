import type { AsyncInteraction, Rpc, SyncInteraction, Topology } from './topology.ts';

export function syncInteractions(topology: Topology): SyncInteraction[] {
  return topology.interactions.filter((interaction) => interaction.style === 'sync');
}

export function asyncInteractions(topology: Topology): AsyncInteraction[] {
  return topology.interactions.filter((interaction) => interaction.style === 'async');
}

/** The HTTP method of a call. A gRPC call is always a POST. */
export function methodOf({ method = 'POST' }: Pick<Rpc, 'method'>): NonNullable<Rpc['method']> {
  return method;
}

export function dependencyId({ caller, callee }: { readonly caller: string; readonly callee: string }): string {
  return `${caller}->${callee}`;
}

/** As in messages: `orders->inventory`, `orders-worker->orders.v1->notifications`. */
export function interactionId(interaction: SyncInteraction | AsyncInteraction): string {
  if (interaction.style === 'sync') return dependencyId(interaction);
  const { producer, topic, consumers } = interaction;
  const readers = consumers.length > 0 ? [consumers.join('+')] : [];
  return [producer, topic, ...readers].join('->');
}

/** True of a service without which a critical interaction fails. */
export function isCritical(name: string, topology: Topology): boolean {
  return syncInteractions(topology).some(
    ({ callee, decision }) => callee === name && decision.criticality === 'critical',
  );
}

/** The sync interactions in which a service is the caller. */
export function callsFrom(caller: string, topology: Topology): readonly SyncInteraction[] {
  return indexOf(topology).byCaller.get(caller) ?? [];
}

/** Whether a service produces or consumes any topic. */
export function usesKafka(name: string, topology: Topology): boolean {
  return indexOf(topology).ofKafka.has(name);
}

interface Index {
  readonly byCaller: ReadonlyMap<string, readonly SyncInteraction[]>;
  readonly ofKafka: ReadonlySet<string>;
}

/** A topology is data that does not change: all interactions are read once, not once per service. */
const indexes = new WeakMap<Topology, Index>();

function indexOf(topology: Topology): Index {
  const known = indexes.get(topology);
  if (known) return known;
  const index = {
    byCaller: Map.groupBy(syncInteractions(topology), ({ caller }) => caller),
    ofKafka: new Set(asyncInteractions(topology).flatMap(({ producer, consumers }) => [producer, ...consumers])),
  };
  indexes.set(topology, index);
  return index;
}
