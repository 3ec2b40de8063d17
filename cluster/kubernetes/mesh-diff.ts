import { createTwoFilesPatch } from 'diff';
import { parseAllDocuments, stringify } from 'yaml';
import { kubectl } from './kubectl.ts';
import { type KubernetesObject, titleOf } from './objects.ts';

/** What the mesh's behaviour comes from. */
const GROUPS = ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io'];

interface MeshObject extends KubernetesObject {
  readonly apiVersion: string;
  readonly spec?: object;
}

/**
 * The mesh config of the cluster against the source's, as a unified diff; empty where they agree. Everything that someone
 * changed, added or deleted by hand shows, also fields and objects of which the source says nothing.
 */
export async function diffMesh(manifests: string): Promise<string> {
  const source = parseAllDocuments(manifests)
    .map((document) => document.toJS() as MeshObject | null)
    .filter((object) => object !== null && GROUPS.includes(object.apiVersion.split('/')[0] ?? '')) as MeshObject[];
  return compare(source, await liveObjects());
}

/** Pure part of `diffMesh`: only kind, namespace, name and spec count. */
export function compare(source: readonly MeshObject[], live: readonly MeshObject[]): string {
  const wanted = new Map(source.map((object) => [titleOf(object), specOf(object)]));
  const actual = new Map(live.map((object) => [titleOf(object), specOf(object)]));
  return [...new Set([...wanted.keys(), ...actual.keys()])]
    .sort()
    .filter((title) => wanted.get(title) !== actual.get(title))
    .map((title) =>
      createTwoFilesPatch(`source  ${title}`, `cluster ${title}`, wanted.get(title) ?? '', actual.get(title) ?? ''),
    )
    .join('');
}

async function liveObjects(): Promise<MeshObject[]> {
  const lists = GROUPS.map((group) => kubectl(['api-resources', '--api-group', group, '-o', 'name']));
  const kinds = (await Promise.all(lists)).flatMap(({ stdout }) => stdout.trim().split('\n'));
  const { stdout } = await kubectl(['get', kinds.join(','), '-A', '-o', 'json']);
  return (JSON.parse(stdout) as { items: MeshObject[] }).items;
}

function specOf({ spec = {} }: MeshObject): string {
  return stringify(spec, { sortMapEntries: true });
}
