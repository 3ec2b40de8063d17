import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { helm, kubectl } from './kubernetes-tools.ts';
import { root } from './paths.ts';
import { contentsOf, keyOf } from './toolchain/cache.ts';

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

/** Names of the releases that are deployed, with the digest of what they were installed from. */
export async function findDeployed(): Promise<ReadonlyMap<string, string>> {
  // A Helm that was killed leaves a release pending and would refuse to touch it ever again.
  const pending = 'owner=helm,status in (pending-install,pending-upgrade,pending-rollback)';
  await kubectl(['delete', 'secrets', '-A', '-l', pending]);
  const { stdout } = await kubectl(['get', 'secrets', '-A', '-l', 'owner=helm,status=deployed', '-o', 'json']);
  const { items } = JSON.parse(stdout) as {
    items: { metadata: { namespace: string; labels: Record<string, string> } }[];
  };
  return new Map(
    items.map(({ metadata: { namespace, labels } }) => [`${namespace}/${labels.name}`, labels[DIGEST_LABEL] ?? '']),
  );
}

/** Installs or upgrades what differs from what is deployed, several at a time. */
export async function installReleases(
  deployed: ReadonlyMap<string, string>,
  releases: readonly Release[],
): Promise<void> {
  await Promise.all(
    releases.map(async (release) => {
      const digest = await digestOf(release);
      if (deployed.get(`${release.namespace}/${release.name}`) !== digest) await install(release, digest);
    }),
  );
}

async function install(release: Release, digest: string): Promise<void> {
  const { name, namespace, chart, version, repository, values, set = {} } = release;
  const flags = [
    ...values.flatMap((file) => ['--values', join(root, 'charts', file)]),
    ...Object.entries(set).flatMap(([key, value]) => ['--set-string', `${key}=${value}`]),
    ...(version ? ['--version', version] : []),
    ...(repository ? ['--repo', repository] : []),
  ];
  const args = [
    'upgrade',
    '--install',
    name,
    chart,
    '-n',
    namespace,
    '--labels',
    `${DIGEST_LABEL}=${digest}`,
    '--history-max',
    '3',
    ...flags,
  ];
  await helm(args, { what: `installation of ${name}` });
}

async function digestOf({ chart, version, repository, values, set }: Release): Promise<string> {
  const source = chart.startsWith('/') ? await contentsOf(chart) : [chart];
  const texts = await Promise.all(values.map((file) => readFile(join(root, 'charts', file), 'utf8')));
  return keyOf(...source, ...texts, stringify({ version, repository, set }));
}
