import { join } from 'node:path';
import { ensureAuthentication, ensureCredentials } from '../credentials/ensure.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { waitUntilServing } from '../kubernetes/waits.ts';
import { root } from '../paths.ts';
import { pollUntil } from '../poll.ts';
import { NODE_PORTS } from '../ports.ts';
import type { Progress } from '../progress.ts';
import type { ClusterProvider } from '../provider.ts';
import { UserError } from '../settings.ts';
import type { Decision } from '../shared/decide.ts';
import { gatewayOf, type Mesh, OWN_MESH } from '../shared/mesh.ts';
import { moduleFolder } from '../toolchain/tools.ts';
import { versions } from '../versions.ts';
import { imagesIn } from './images-in.ts';
import { applyNamespaces } from './namespaces.ts';
import { findPending, installReleases, type Release, renderRelease } from './releases.ts';

const STRIMZI = { chart: 'oci://quay.io/strimzi-helm/strimzi-kafka-operator', version: versions.strimzi };
const ISTIO = { repository: 'https://istio-release.storage.googleapis.com/charts', version: versions.istio };

/**
 * Installs what the application of dist/dev needs, and waits until Istio injects sidecars. The rest starts meanwhile.
 * @throws UserError if the cluster cannot have it; nothing was changed then
 */
export async function installPlatform(
  provider: ClusterProvider,
  images: ReadonlyMap<string, string>,
  { mesh, strimzi, problems }: Decision,
  progress: Progress,
): Promise<void> {
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  const { base, istiod, cni, gateway } = await istioReleases(provider, mesh);
  const injected = [gateway, prometheus(provider, mesh)];
  const definitions = mesh.kind === 'own' ? [base] : [];
  const controlPlane = mesh.kind === 'own' ? [istiod, ...(mesh.hasCni ? [cni] : [])] : [];
  const others = independent(provider, images, strimzi);
  const pending = await findPending([...definitions, ...controlPlane, ...injected, ...others]);
  if (provider.pull && pending.length > 0) {
    progress.note('rendering the charts');
    const manifests = await Promise.all(pending.map(renderRelease));
    await provider.pull(imagesIn(manifests.join('\n---\n')), progress);
  }
  const install = (...releases: Release[]) =>
    installReleases(
      releases.filter((release) => pending.includes(release)),
      progress,
    );
  await applyNamespaces(provider, mesh);
  // Before Postgres: an upgrade of its chart from a version that contained the passwords would delete them.
  await ensureCredentials(mesh);
  await install(...definitions);
  await install(...controlPlane, ...others);
  progress.note('istiod');
  const installInjected = async () => {
    if (mesh.kind === 'own') await waitUntilServing('istio-system', 'deployment/istiod');
    await waitUntilInjecting(mesh);
    await ensureAuthentication(mesh);
    await install(...injected);
  };
  // Gateway and Prometheus take no redirected traffic: they need not wait for istio-cni.
  const redirecting = controlPlane.includes(cni) && waitUntilServing(cni.namespace, 'daemonset/istio-cni-node');
  await Promise.all([installInjected(), redirecting]);
}

/**
 * After a restart of the node istiod may be ready before its webhook is reachable. Until then no pod can be created.
 */
function waitUntilInjecting(mesh: Mesh): Promise<void> {
  const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
  const locked = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  // As the gateway's own pod: a sidecar's would have an init container, which this namespace may not admit.
  const metadata = { annotations: { 'inject.istio.io/templates': 'gateway' } };
  const spec = { securityContext, containers: [{ name: 'istio-proxy', image: 'auto', securityContext: locked }] };
  const overrides = `--overrides=${JSON.stringify({ apiVersion: 'v1', metadata, spec })}`;
  const pod = ['run', 'windlass-probe', '--image=none', '--labels=sidecar.istio.io/inject=true', overrides];
  const args = ['-n', gatewayOf(mesh).namespace, ...pod, '--dry-run=server', '-o', 'jsonpath={.spec}'];
  const attempt = async () => {
    const { all, exitCode } = await kubectl(args, { tolerant: true });
    if (exitCode !== 0) throw new Error(all);
    if (all.includes('"image":"auto"')) throw new Error('a pod gets no proxy');
  };
  const failure = (last: string) => `istiod's webhook does not inject sidecars: ${last.trim()}`;
  return pollUntil(attempt, { timeoutMs: 90_000, intervalMs: 500, failure });
}

/** The releases of a native cluster: all charts that are here, as opposed to in a registry. */
export async function nativeReleases(): Promise<readonly Release[]> {
  const native = { target: 'native', flavor: 'native' } as const;
  const { base, istiod, cni, gateway } = await istioReleases(native, OWN_MESH);
  const injected = [gateway, prometheus(native, OWN_MESH)];
  return [base, istiod, cni, ...injected, ...independent(native, new Map(), { kind: 'install', withGlobals: true })];
}

/** Released charts go with released images. On native, both come from Istio's Go module. */
async function istioReleases(
  { target, flavor }: Pick<ClusterProvider, 'target' | 'flavor'>,
  mesh: Mesh,
): Promise<Record<'base' | 'istiod' | 'cni' | 'gateway', Release>> {
  const module = flavor === 'native' ? join(await moduleFolder('istio', 'istio.io/istio'), 'manifests/charts') : '';
  const chart = (inModule: string, released: string) =>
    module ? { chart: join(module, inModule) } : { chart: released, ...ISTIO };
  const namespace = 'istio-system';
  const images = `istio/images-${flavor}.yaml`;
  return {
    base: { name: 'istio-base', namespace, ...chart('base', 'base'), values: ['istio/base.yaml'] },
    istiod: {
      name: 'istiod',
      namespace,
      ...chart('istio-control/istio-discovery', 'istiod'),
      values: [
        'istio/istiod.yaml',
        images,
        ...(flavor === 'native' ? ['istio/istiod-native.yaml'] : []),
        ...(mesh.hasCni ? [] : ['istio/istiod-without-cni.yaml']),
      ],
    },
    cni: {
      name: 'istio-cni',
      namespace: 'kube-system',
      ...chart('istio-cni', 'cni'),
      values: ['istio/cni.yaml', images],
    },
    gateway: {
      name: gatewayOf(mesh).service,
      namespace: gatewayOf(mesh).namespace,
      ...chart('gateway', 'gateway'),
      ...(mesh.kind === 'shared' && {
        set: {
          'labels.istio': gatewayOf(mesh).label,
          ...(mesh.revision !== 'default' && { revision: mesh.revision }),
        },
      }),
      // An existing cluster gets no port on its nodes.
      values: ['istio/gateway.yaml', ...(target === 'existing' ? ['istio/gateway-cluster-ip.yaml'] : [])],
    },
  };
}

/** Prometheus, whose pod gets a certificate of the mesh. In the mesh of others, istiod's metrics are not ours to read. */
function prometheus({ target }: Pick<ClusterProvider, 'target'>, mesh: Mesh): Release {
  return {
    ...own('prometheus', 'observability'),
    set: {
      ...nodePort({ target }, 'nodePort', 'prometheus'),
      'namespaces.gateway': gatewayOf(mesh).namespace,
      ...(mesh.kind === 'shared' && { 'namespaces.istiod': '' }),
      ...(mesh.kind === 'shared' && mesh.revision !== 'default' && { revision: mesh.revision }),
    },
  };
}

/** A chart of ours. */
function own(name: string, namespace: string): Release {
  return { name, namespace, chart: join(root, 'charts', name), values: [] };
}

/** The value by which a chart opens its port of the nodes, which an existing cluster does not get. */
function nodePort(
  { target }: Pick<ClusterProvider, 'target'>,
  value: string,
  port: keyof typeof NODE_PORTS,
): Readonly<Record<string, string>> {
  return target === 'existing' ? {} : { [value]: String(NODE_PORTS[port]) };
}

/** The releases that do not need the mesh. */
function independent(
  { target, flavor }: Pick<ClusterProvider, 'target' | 'flavor'>,
  images: ReadonlyMap<string, string>,
  strimzi: Decision['strimzi'],
): Release[] {
  const standin = images.get('windlass/strimzi-standin:dev');
  const operator = ({ withGlobals }: { readonly withGlobals: boolean }): Release =>
    flavor === 'native'
      ? { ...own('strimzi', 'shop'), set: standin ? { image: standin } : {} }
      : {
          name: 'strimzi',
          namespace: 'shop',
          ...STRIMZI,
          values: ['strimzi/operator-kind.yaml', ...(withGlobals ? [] : ['strimzi/operator-shared.yaml'])],
        };
  return [
    own('postgres', 'postgres'),
    { ...own('jaeger', 'observability'), set: nodePort({ target }, 'queryNodePort', 'jaeger') },
    own('monitoring', 'observability'),
    ...(target === 'native' ? [own('local-path', 'local-path-storage')] : []),
    ...(strimzi.kind === 'install' ? [operator(strimzi)] : []),
  ];
}
