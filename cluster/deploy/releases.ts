import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { helm, kubectl } from '../kubernetes/kubectl.ts';
import { root } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { UserError } from '../settings.ts';
import { contentsOf, keyOf } from '../toolchain/cache.ts';

/** A Helm release: a chart (a folder or a reference) with its values. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly chart: string;
  /** Only of a chart that is a reference. */
  readonly version?: string;
  /** Only of a chart from a repository. */
  readonly repository?: string;
  /** Values files below charts/. Later files override earlier ones. */
  readonly values: readonly string[];
  /** Single values, which override the files. */
  readonly set?: Readonly<Record<string, string>>;
}

const DIGEST_LABEL = 'windlass.dev/digest';

/**
 * The releases that the cluster lacks, or has with other content.
 * @throws UserError if someone else installed a release of that name
 */
export async function findPending(releases: readonly Release[]): Promise<Release[]> {
  const installed = await findInstalled(releases.map(({ namespace }) => namespace));
  const foreign = releases.filter((release) => installed.get(titleOf(release))?.digest === null).map(titleOf);
  if (foreign.length > 0)
    throw new UserError(
      `the cluster has Helm releases that Windlass did not install and would change: ${foreign.join(', ')}. ` +
        'Uninstall them, or use another cluster',
    );
  // A killed Helm leaves its release pending, and Helm refuses to upgrade a pending release. Only records of ours go.
  for (const { namespace, name } of releases.filter((release) => isPending(installed.get(titleOf(release))))) {
    const pending = `owner=helm,name=${name},${DIGEST_LABEL},status in (${PENDING.join()})`;
    await kubectl(['-n', namespace, 'delete', 'secrets', '-l', pending]);
  }
  const digests = await Promise.all(releases.map(digestOf));
  return releases.filter((release, index) => {
    const { digest, status } = installed.get(titleOf(release)) ?? {};
    return status !== 'deployed' || digest !== digests[index];
  });
}

/** Installs or upgrades releases in parallel. */
export async function installReleases(releases: readonly Release[], progress: Progress): Promise<void> {
  await Promise.all(
    releases.map(async (release) => {
      const digest = await digestOf(release);
      await progress.part(`chart ${release.name}`, () => install(release, digest));
    }),
  );
}

/** Uninstalls our releases in these namespaces, including those whose installation failed. */
export async function uninstallReleases(namespaces: readonly string[]): Promise<void> {
  const ours = [...(await findInstalled(namespaces))].filter(([, { digest }]) => digest !== null);
  for (const [title] of ours.toReversed()) {
    const [namespace = '', name = ''] = title.split('/');
    await helm(['uninstall', name, '-n', namespace, '--wait'], { what: `uninstallation of ${name}` });
  }
}

/** The manifests that a release would apply, as YAML. */
export async function renderRelease({ name, namespace, ...release }: Release): Promise<string> {
  const { stdout } = await helm(['template', name, release.chart, '-n', namespace, ...flagsOf(release)], {
    what: `rendering of ${name}`,
  });
  return stdout;
}

/** Helm's record of a release. */
interface Installed {
  /** Digest of the chart and values that it was installed from; null if someone else installed it. */
  readonly digest: string | null;
  /** Helm's status: `deployed`, `failed`, `pending-install`, … */
  readonly status: string;
}

const PENDING = ['pending-install', 'pending-upgrade', 'pending-rollback'];

function isPending(installed: Installed | undefined): boolean {
  return PENDING.includes(installed?.status ?? '');
}

interface HelmSecret {
  readonly metadata: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

/** The latest record of each release in some namespaces, by namespace and name. */
async function findInstalled(namespaces: readonly string[]): Promise<ReadonlyMap<string, Installed>> {
  const inEach = [...new Set(namespaces)].map(async (namespace) => {
    const { stdout } = await kubectl(['-n', namespace, 'get', 'secrets', '-l', 'owner=helm', '-o', 'json']);
    return (JSON.parse(stdout) as { items: HelmSecret[] }).items;
  });
  const items = (await Promise.all(inEach)).flat();
  const byVersion = items.toSorted((a, b) => Number(a.metadata.labels.version) - Number(b.metadata.labels.version));
  return new Map(
    byVersion.map(({ metadata: { namespace, labels } }) => [
      `${namespace}/${labels.name}`,
      { digest: labels[DIGEST_LABEL] ?? null, status: labels.status ?? '' },
    ]),
  );
}

function titleOf({ namespace, name }: Pick<Release, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

async function install({ name, namespace, ...release }: Release, digest: string): Promise<void> {
  const labels = ['--labels', `${DIGEST_LABEL}=${digest}`, '--history-max', '3'];
  await helm(['upgrade', '--install', name, release.chart, '-n', namespace, ...labels, ...flagsOf(release)], {
    what: `installation of ${name}`,
  });
}

function flagsOf({ version, repository, values, set = {} }: Omit<Release, 'name' | 'namespace'>): string[] {
  return [
    ...values.flatMap((file) => ['--values', join(root, 'charts', file)]),
    ...Object.entries(set).flatMap(([key, value]) => ['--set-string', `${key}=${value}`]),
    ...(version ? ['--version', version] : []),
    ...(repository ? ['--repo', repository] : []),
  ];
}

async function digestOf({ chart, version, repository, values, set }: Release): Promise<string> {
  const source = chart.startsWith('/') ? await contentsOf(chart) : [chart];
  const texts = await Promise.all(values.map((file) => readFile(join(root, 'charts', file), 'utf8')));
  return keyOf(...source, ...texts, stringify({ version, repository, set }));
}
