import { Conflict, type Current, type Reference, type Store, type Stored } from './store.ts';

export const titleOf = ({ kind, namespace, name }: Reference) => `${kind} ${namespace}/${name}`;

/** A store in memory. */
export interface MemoryStore extends Store {
  /** By `Secret shop/postgres-orders`. */
  readonly objects: Map<string, Current>;
  /** The titles of the objects that were written, in order. */
  readonly writes: string[];
}

/** The objects as a cluster keeps them: a create fails if there is one, a replace if its version is not current. */
export function memoryStore(): MemoryStore {
  const objects = new Map<string, Current>();
  const writes: string[] = [];
  let version = 0;
  const put = (object: Stored) => {
    writes.push(titleOf(object));
    version += 1;
    objects.set(titleOf(object), { values: object.values, version: String(version), isKept: true });
  };
  return {
    objects,
    writes,
    read: async (reference) => objects.get(titleOf(reference)),
    create: async (object) => {
      if (objects.has(titleOf(object))) throw new Conflict(titleOf(object));
      put(object);
    },
    replace: async (object, expected) => {
      if (objects.get(titleOf(object))?.version !== expected) throw new Conflict(titleOf(object));
      put(object);
    },
  };
}
