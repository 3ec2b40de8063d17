import { isDeepStrictEqual } from 'node:util';
import { apply, kubectl } from './kubectl.ts';

/** What every manifest has. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** `VirtualService shop/orders`: tells the objects of a cluster apart. */
export function titleOf({ kind, metadata: { name, namespace } }: KubernetesObject): string {
  return `${kind} ${namespace}/${name}`;
}

/** As one stream for kubectl: JSON is YAML. */
export function toStream(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

/** Brings the cluster from the first objects to the second ones: what differs is applied, what is gone is deleted. */
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
