import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { kubectl } from './kubectl.ts';
import { type KubernetesObject, titleOf } from './objects.ts';

/** The API groups that configure the mesh's behavior. */
const GROUPS = ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io'];

interface MeshObject extends KubernetesObject {
  readonly apiVersion: string;
  readonly spec?: object;
}

/**
 * How the cluster's mesh config differs from the source's, as a unified diff; empty if they agree. It shows everything
 * that someone changed, added or deleted by hand in our namespaces, even fields and objects that the source does not
 * have. Objects of others in theirs are not ours to compare.
 */
export async function diffMesh(source: readonly MeshObject[], namespaces: readonly string[]): Promise<string> {
  const ofMesh = source.filter(({ apiVersion }) => GROUPS.includes(apiVersion.split('/')[0] ?? ''));
  return compare(ofMesh, await liveObjects(namespaces));
}

/** The pure part of `diffMesh`. It compares kind, namespace, name and spec only. */
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

async function liveObjects(namespaces: readonly string[]): Promise<MeshObject[]> {
  const lists = GROUPS.map((group) => kubectl(['api-resources', '--api-group', group, '-o', 'name']));
  const kinds = (await Promise.all(lists)).flatMap(({ stdout }) => stdout.trim().split('\n'));
  const inEach = namespaces.map(async (namespace) => {
    const { stdout } = await kubectl(['-n', namespace, 'get', kinds.join(','), '-o', 'json']);
    return (JSON.parse(stdout) as { items: MeshObject[] }).items;
  });
  return (await Promise.all(inEach)).flat();
}

function specOf({ spec = {} }: MeshObject): string {
  return stringify(spec, { sortMapEntries: true });
}
