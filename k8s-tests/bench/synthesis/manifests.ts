import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadAll } from 'js-yaml';

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Reads all objects of the YAML files in a folder. */
export function readManifests(folder: string): Manifest[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) => parseManifests(readFileSync(join(folder, file), 'utf8')));
}

export function parseManifests(yaml: string): Manifest[] {
  return loadAll(yaml) as Manifest[];
}

/**
 * Returns the names of objects that are missing in one set or differ. The order of objects and keys does not matter.
 */
export function findDifferences(left: readonly Manifest[], right: readonly Manifest[]): string[] {
  const [ours, theirs] = [byId(left), byId(right)];
  return [...new Set([...ours.keys(), ...theirs.keys()])].filter(
    (id) => !isDeepStrictEqual(ours.get(id), theirs.get(id)),
  );
}

function byId(manifests: readonly Manifest[]): Map<string, Manifest> {
  return new Map(
    manifests.map((object) => {
      const { name, namespace } = object.metadata;
      return [`${object.kind} ${namespace ? `${namespace}/${name}` : name}`, object];
    }),
  );
}
