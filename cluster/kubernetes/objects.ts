import { isDeepStrictEqual } from 'node:util';
import { apply, kubectl } from './kubectl.ts';

/** The fields that every manifest has. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Identifies an object within a cluster: `VirtualService shop/orders`. */
export function titleOf({ kind, metadata: { name, namespace } }: KubernetesObject): string {
  return `${kind} ${namespace}/${name}`;
}

/** Objects as one stream for kubectl, which reads JSON as YAML. */
export function toStream(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

/**
 * Changes the cluster from the first objects to the second: applies those that differ, and deletes those that are gone.
 */
export async function moveObjects(
  from: readonly KubernetesObject[],
  to: readonly KubernetesObject[],
  what: string,
): Promise<void> {
  const before = new Map(from.map((object) => [titleOf(object), object]));
  const after = new Set(to.map(titleOf));
  const changed = to.filter((object) => !isDeepStrictEqual(before.get(titleOf(object)), object));
  const gone = from.filter((object) => !after.has(titleOf(object)));
  if (changed.length > 0) await apply(toStream(changed), what);
  if (gone.length > 0) await kubectl(['delete', '--wait', '-f', '-'], { input: toStream(gone) });
}
