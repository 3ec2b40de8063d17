// cspell:ignore componentstatuses ipaddresses csinodes
import { join } from 'node:path';
import { root } from '../../../cluster/paths.ts';
import { type RunOptions, run } from '../../../cluster/run.ts';
import { moduleFolder } from '../../../cluster/toolchain/tools.ts';

/** A native cluster that others run, in a folder of its own. */
export interface OthersCluster {
  readonly folder: string;
  /** Environment in which kubectl and helm reach it. */
  readonly env: Readonly<Record<string, string>>;
}

/** The namespace and revision of their Istio. Neither is a name of ours. */
export const MESH = { namespace: 'mesh-of-others', revision: 'others' } as const;
const TEAM = 'team-a';

export function othersCluster(folder: string): OthersCluster {
  const path = `${join(folder, '.windlass/bin')}:${process.env.PATH}`;
  return { folder, env: { PATH: path, KUBECONFIG: join(folder, '.windlass/kubeconfig') } };
}

export async function kubectl({ folder, env }: OthersCluster, args: readonly string[], options: RunOptions = {}) {
  return run(join(folder, '.windlass/bin/kubectl'), args, { ...options, env });
}

/**
 * What others have: storage, an Istio, and a team with a Deployment that cannot start, a VirtualService, and a Helm
 * release that was interrupted.
 */
export async function installOthers(cluster: OthersCluster): Promise<void> {
  const namespaces = [MESH.namespace, TEAM, 'local-path-storage'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, ...(name === TEAM && { labels: { 'istio.io/rev': MESH.revision } }) },
  }));
  await create(cluster, namespaces);
  await helm(cluster, 'storage', 'local-path-storage', join(root, 'charts/local-path'));
  const istio = join(await moduleFolder('istio', 'istio.io/istio'), 'manifests/charts');
  const place = ['--set', `global.istioNamespace=${MESH.namespace}`, '--set', `revision=${MESH.revision}`];
  await helm(cluster, 'crds', MESH.namespace, join(istio, 'base'), ...place);
  const files = ['images-native.yaml', 'istiod-native.yaml'].flatMap((file) => [
    '-f',
    join(root, 'charts/istio', file),
  ]);
  const values = [...files, '--set', 'resources.requests.cpu=50m'];
  await helm(
    cluster,
    'control-plane',
    MESH.namespace,
    join(istio, 'istio-control/istio-discovery'),
    ...place,
    ...values,
  );
  await kubectl(cluster, [
    '-n',
    MESH.namespace,
    'rollout',
    'status',
    `deployment/istiod-${MESH.revision}`,
    '--timeout=120s',
  ]);
  await create(cluster, teamObjects);
}

const teamObjects = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'broken', namespace: TEAM },
    spec: {
      selector: { matchLabels: { app: 'broken' } },
      template: {
        metadata: { labels: { app: 'broken' } },
        spec: { containers: [{ name: 'broken', image: 'registry.invalid/none:1', imagePullPolicy: 'Never' }] },
      },
    },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'theirs', namespace: TEAM },
    spec: { hosts: ['theirs.example'], http: [{ route: [{ destination: { host: `broken.${TEAM}` } }] }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: 'sh.helm.release.v1.theirs.v1',
      namespace: TEAM,
      labels: { owner: 'helm', name: 'theirs', status: 'pending-install', version: '1' },
    },
    stringData: { release: 'interrupted' },
  },
];

async function create(cluster: OthersCluster, objects: readonly object[]): Promise<void> {
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  await kubectl(cluster, ['create', '-f', '-'], { input });
}

async function helm(
  { folder, env }: OthersCluster,
  name: string,
  namespace: string,
  chart: string,
  ...flags: string[]
) {
  const args = ['upgrade', '--install', name, chart, '-n', namespace, ...flags];
  await run(join(folder, '.windlass/bin/helm'), args, { env, what: `their release ${name}` });
}

/** Kinds that change by themselves. */
const RESTLESS =
  /^(events|leases|nodes|componentstatuses|ipaddresses|csinodes|endpoints|endpointslices|pods\.metrics)\b/;

interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly ownerReferences?: unknown };
}

/**
 * All objects of a cluster by title, without what changes by itself: status, versions, and who wrote which field.
 * @param isOurs the namespaces to leave out
 */
export async function takeStock(
  cluster: OthersCluster,
  isOurs: (namespace: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const { stdout: kinds } = await kubectl(cluster, ['api-resources', '--verbs=list', '-o', 'name']);
  const listed = kinds.split('\n').filter((kind) => kind && !RESTLESS.test(kind));
  const { stdout } = await kubectl(cluster, ['get', listed.join(), '-A', '-o', 'json']);
  const { items } = JSON.parse(stdout) as { items: Item[] };
  const isElection = ({ kind, metadata }: Item) =>
    kind === 'ConfigMap' && JSON.stringify(metadata).includes('control-plane.alpha.kubernetes.io/leader');
  const outside = items
    .filter((item) => !isElection(item))
    .filter(({ kind, metadata: { name, namespace } }) => !isOurs(namespace ?? (kind === 'Namespace' ? name : '')));
  return new Map(
    outside.map((item) => {
      const { status: _, metadata, ...rest } = item as Item & { status?: unknown };
      const {
        resourceVersion: _version,
        managedFields: _fields,
        generation: _generation,
        ...kept
      } = metadata as Record<string, unknown>;
      return [`${item.kind} ${metadata.namespace ?? ''}/${metadata.name}`, JSON.stringify({ ...rest, metadata: kept })];
    }),
  );
}
