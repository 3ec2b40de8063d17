import { join } from 'node:path';
import type { Topology } from '../../cdk8s/mesh/model.ts';
import { topology } from '../../cdk8s/topology.ts';
import type { Cluster } from './cluster.ts';
import { apply, waitUntilServing } from './kubernetes-tools.ts';
import { toStream } from './objects.ts';
import { root } from './paths.ts';
import { findDeployed, installReleases, type Release } from './releases.ts';
import { moduleFolder } from './toolchain/tools.ts';

const NAMESPACES = ['istio-system', 'local-path-storage', 'observability', 'postgres', 'shop', 'partner'];
const OUTSIDE_THE_MESH = ['observability', 'postgres'];
const STRIMZI = { chart: 'oci://quay.io/strimzi-helm/strimzi-kafka-operator', version: '1.2.0' };
const ISTIO = { repository: 'https://istio-release.storage.googleapis.com/charts', version: '1.31.1' };

/** Installs what the application stands on, and waits until pods can be injected; the rest comes up meanwhile. */
export async function installPlatform(cluster: Cluster, images: ReadonlyMap<string, string>): Promise<void> {
  // As a manager of its own: the application states the labels of its namespaces, and a pod that starts meanwhile needs them.
  await apply(toStream(NAMESPACES.map(namespaceManifest)), 'namespaces', 'windlass-platform');
  const { base, istiod, gateway } = await istioReleases(cluster.flavour);
  const deployed = await findDeployed();
  await installReleases(deployed, [base]);
  await installReleases(deployed, [istiod, ...independent(cluster, images)]);
  await waitUntilServing('istio-system', 'deployment/istiod');
  await installReleases(deployed, [gateway]);
}

function namespaceManifest(name: string): object {
  const labels = OUTSIDE_THE_MESH.includes(name) ? { 'istio-injection': 'disabled' } : {};
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** Where the images are released ones, the charts are, too; on native both come from Istio's Go module. */
async function istioReleases(flavour: Cluster['flavour']): Promise<Record<'base' | 'istiod' | 'gateway', Release>> {
  const module = flavour === 'native' ? join(await moduleFolder('istio', 'istio.io/istio'), 'manifests/charts') : '';
  const chart = (inModule: string, released: string) =>
    module ? { chart: join(module, inModule) } : { chart: released, ...ISTIO };
  const namespace = 'istio-system';
  return {
    base: { name: 'istio-base', namespace, ...chart('base', 'base'), values: ['istio/base.yaml'] },
    istiod: {
      name: 'istiod',
      namespace,
      ...chart('istio-control/istio-discovery', 'istiod'),
      values: ['istio/istiod.yaml', `istio/istiod-${flavour}.yaml`],
    },
    gateway: {
      name: 'istio-ingressgateway',
      namespace,
      ...chart('gateway', 'gateway'),
      values: ['istio/gateway.yaml'],
    },
  };
}

/** What needs no mesh. */
function independent({ target, flavour }: Cluster, images: ReadonlyMap<string, string>): Release[] {
  const own = (name: string, namespace: string): Release => ({
    name,
    namespace,
    chart: join(root, 'charts', name),
    values: [],
  });
  const standin = images.get('windlass/strimzi-standin:dev');
  return [
    own('postgres', 'postgres'),
    own('jaeger', 'observability'),
    own('monitoring', 'observability'),
    ...partnerCertificates(topology),
    ...(target === 'native' ? [own('local-path', 'local-path-storage')] : []),
    flavour === 'native'
      ? { ...own('strimzi', 'shop'), set: standin ? { image: standin } : {} }
      : { name: 'strimzi', namespace: 'shop', ...STRIMZI, values: ['strimzi/operator-kind.yaml'] },
  ];
}

/** A partner that is simulated here needs a certificate that its callers trust; a real one brings its own. */
function partnerCertificates({ services }: Topology): Release[] {
  return Object.entries(services).flatMap(([partner, { namespace, external }]) =>
    external
      ? {
          name: `${partner}-certificate`,
          namespace,
          chart: join(root, 'charts/partner-certificate'),
          values: [],
          set: { partner, host: external.host, authority: external.ca },
        }
      : [],
  );
}
