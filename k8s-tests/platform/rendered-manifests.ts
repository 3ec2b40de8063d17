import { cp, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { nativeReleases } from '../../cluster/deploy/platform.ts';
import { type Release, renderRelease } from '../../cluster/deploy/releases.ts';
import { root } from '../../cluster/paths.ts';
import { run } from '../../cluster/run.ts';

/** What linters read: the manifests of two environments, and what the charts make. */
export type ManifestSet = 'dev' | 'prod' | 'charts';

/** What `make synth` takes for prod: an image by digest. Nothing pulls it. */
const PROD_IMAGE = `registry.example/team/services@sha256:${'1'.repeat(64)}`;

const CLUSTER_WIDE =
  /^(Cluster|CustomResourceDefinition$|Namespace$|StorageClass$|MutatingWebhook|ValidatingWebhook|ValidatingAdmission)/;

/**
 * Writes all manifests to a temporary folder, which has a folder for each set. `make synth` wrote dist/dev before.
 * @returns the folder
 */
export async function writeManifests(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-manifests-'));
  await cp(join(root, 'dist/dev'), join(folder, 'dev'), { recursive: true });
  const prod = ['--env', 'prod', '--image', PROD_IMAGE, '--examples', '--out', folder];
  await run('npm', ['run', '--silent', 'synth', '--', ...prod], { cwd: root });
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
