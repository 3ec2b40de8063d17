import { cp, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { nativeReleases } from '../../cluster/deploy/platform.ts';
import { type Release, renderRelease } from '../../cluster/deploy/releases.ts';
import { root } from '../../cluster/paths.ts';

/** What linters read: the manifests of two environments, and what the charts make. */
export type ManifestSet = 'dev' | 'prod' | 'charts';

const CLUSTER_WIDE =
  /^(Cluster|CustomResourceDefinition$|Namespace$|StorageClass$|MutatingWebhook|ValidatingWebhook|ValidatingAdmission)/;

/**
 * Writes all manifests to a temporary folder, which has a folder for each set. `make synth` wrote dist/ before.
 * @returns the folder
 */
export async function writeManifests(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-manifests-'));
  for (const environment of ['dev', 'prod'])
    await cp(join(root, 'dist', environment), join(folder, environment), { recursive: true });
  const charts = join(folder, 'charts');
  await mkdir(charts);
  await Promise.all((await nativeReleases()).map((release) => writeRelease(release, charts)));
  return folder;
}

/** Writes each object to a file: checkov takes a file with the injector's templates for one of Helm, and skips it. */
async function writeRelease(release: Release, folder: string): Promise<void> {
  const objects = parseAllDocuments(await renderRelease(release)).flatMap((document) => {
    const object = document.toJS({ maxAliasCount: -1 }) as { kind: string; metadata: { namespace?: string } } | null;
    return object ?? [];
  });
  for (const [index, object] of objects.entries()) {
    // Helm adds the namespace when it installs an object.
    if (!CLUSTER_WIDE.test(object.kind)) object.metadata.namespace ??= release.namespace;
    await writeFile(join(folder, `${release.name}-${index}.yaml`), stringify(object));
  }
}

/** The files of one set, sorted. */
export async function filesOf(folder: string, set: ManifestSet): Promise<readonly string[]> {
  return (await readdir(join(folder, set))).sort().map((file) => join(folder, set, file));
}
