import { asyncInteractions, syncInteractions } from './dependencies.ts';
import type { SyncInteraction, Topology } from './model.ts';

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
