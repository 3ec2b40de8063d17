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
  /** Of a chart that is a reference. */
  readonly version?: string;
  /** Of a chart that comes from a repository. */
  readonly repository?: string;
  /** Values files below charts/, later ones win. */
  readonly values: readonly string[];
  /** Single values, as the last word. */
  readonly set?: Readonly<Record<string, string>>;
}

const DIGEST_LABEL = 'windlass.dev/digest';

/**
 * Those of the releases that the cluster does not have as they are here.
 * @throws UserError where someone else has installed one of that name
 */
export async function findPending(releases: readonly Release[]): Promise<Release[]> {
  const installed = await findInstalled();
  const foreign = releases.filter((release) => installed.get(titleOf(release))?.digest === null).map(titleOf);
  if (foreign.length > 0)
    throw new UserError(
      `the cluster has Helm releases that Windlass did not install and would change: ${foreign.join(', ')}. Uninstall them, or use another cluster`,
    );
  // A Helm that was killed leaves a release pending and would never touch it again.
  const pending = `owner=helm,${DIGEST_LABEL},status in (pending-install,pending-upgrade,pending-rollback)`;
  await kubectl(['delete', 'secrets', '-A', '-l', pending]);
  const digests = await Promise.all(releases.map(digestOf));
  return releases.filter((release, index) => {
    const { digest, status } = installed.get(titleOf(release)) ?? {};
    return status !== 'deployed' || digest !== digests[index];
  });
}

/** Installs or upgrades releases, several at a time. */
export async function installReleases(releases: readonly Release[], progress: Progress): Promise<void> {
  await Promise.all(
    releases.map(async (release) => {
      const digest = await digestOf(release);
      await progress.part(`chart ${release.name}`, () => install(release, digest));
    }),
  );
}

/** Uninstalls every release of ours, those too whose installation failed. */
export async function uninstallReleases(): Promise<void> {
  const ours = [...(await findInstalled())].filter(([, { digest }]) => digest !== null);
  for (const [title] of ours.toReversed()) {
    const [namespace = '', name = ''] = title.split('/');
    await helm(['uninstall', name, '-n', namespace, '--wait'], { what: `uninstallation of ${name}` });
  }
}

/** What a release would apply, as YAML. */
export async function renderRelease({ name, namespace, ...release }: Release): Promise<string> {
  const { stdout } = await helm(['template', name, release.chart, '-n', namespace, ...flagsOf(release)], {
    what: `rendering of ${name}`,
  });
  return stdout;
}

/** What Helm has on record of a release. */
interface Installed {
  /** Of what it was installed from; null where someone else installed it. */
  readonly digest: string | null;
  /** Helm's word: `deployed`, `failed`, `pending-install`, … */
  readonly status: string;
}

/** The newest record of each release, by namespace and name. */
async function findInstalled(): Promise<ReadonlyMap<string, Installed>> {
  const { stdout } = await kubectl(['get', 'secrets', '-A', '-l', 'owner=helm', '-o', 'json']);
  const { items } = JSON.parse(stdout) as {
    items: { metadata: { namespace: string; labels: Record<string, string> } }[];
  };
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
