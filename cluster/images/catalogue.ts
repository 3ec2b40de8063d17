import { join } from 'node:path';
import type { Progress } from '../progress.ts';
import { versions } from '../versions.ts';
import { type Entry, findLayer, folderEntries, type Layer, packLayer } from './layer.ts';
import { assemble, type Image, type ImageConfig } from './oci.ts';
import {
  busybox,
  code,
  dependencies,
  iptables,
  istioProxy,
  java,
  node,
  ownDependencies,
  postgres,
  postgresClient,
  program,
  standinDependencies,
  type ToolFolders,
} from './parts.ts';

interface Recipe {
  readonly layers: readonly (() => Promise<Entry[]>)[];
  readonly config: ImageConfig;
}

/** The images of kubeadm's static pods and addons. The kubelet needs them first. */
export const controlPlaneImages = (tools: ToolFolders): Record<string, Recipe> => ({
  [`registry.k8s.io/pause:${versions.pause}`]: binary('/usr/bin/catatonit', '/pause', { entrypoint: ['/pause', '-P'] }),
  [`registry.k8s.io/kube-apiserver:v${versions.kubernetes}`]: kubernetes(tools, 'kube-apiserver'),
  [`registry.k8s.io/kube-controller-manager:v${versions.kubernetes}`]: kubernetes(tools, 'kube-controller-manager'),
  [`registry.k8s.io/kube-scheduler:v${versions.kubernetes}`]: kubernetes(tools, 'kube-scheduler'),
  [`registry.k8s.io/etcd:${versions.etcd}-0`]: binary(join(tools.etcd, 'server'), '/usr/local/bin/etcd'),
  [`registry.k8s.io/kube-proxy:v${versions.kubernetes}`]: {
    layers: [iptables, () => program('/usr/local/bin/kube-proxy', join(tools.kubernetes, 'kube-proxy'))],
    config: { entrypoint: ['kube-proxy'] },
  },
  [`registry.k8s.io/coredns/coredns:v${versions.coredns}`]: binary(join(tools.coredns, 'coredns'), '/coredns'),
});

/**
 * The images of the charts and of our manifests, under the names that these use, so that they need no change for
 * native.
 */
export const workloadImages = (tools: ToolFolders): Record<string, Recipe> => ({
  [`docker.io/rancher/local-path-provisioner:v${versions.localPath}`]: binary(
    join(tools['local-path'], 'local-path-provisioner'),
    '/usr/bin/local-path-provisioner',
  ),
  'docker.io/windlass/busybox:1': { layers: [busybox], config: { entrypoint: ['/bin/sh'] } },
  [`docker.io/windlass/pilot:${versions.istioNative}`]: binary(
    join(tools.istio, 'pilot-discovery'),
    '/usr/local/bin/pilot-discovery',
    { user: '1337:1337' },
  ),
  [`docker.io/windlass/proxyv2:${versions.istioNative}`]: {
    layers: [iptables, () => istioProxy(tools)],
    config: { entrypoint: ['/usr/local/bin/pilot-agent'], user: '1337:1337' },
  },
  [`docker.io/windlass/install-cni:${versions.istioNative}`]: {
    layers: [
      iptables,
      () => program('/usr/local/bin/install-cni', join(tools.istio, 'install-cni')),
      () => program('/opt/cni/bin/istio-cni', join(tools.istio, 'istio-cni')),
    ],
    config: { entrypoint: ['/usr/local/bin/install-cni'], env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/bin' } },
  },
  [`docker.io/jaegertracing/jaeger:${versions.jaeger}`]: binary(join(tools.jaeger, 'jaeger'), '/jaeger', {
    user: '10001:10001',
  }),
  // With a shell: its pod waits for the certificate of the mesh.
  [`docker.io/prom/prometheus:v${versions.prometheus}`]: {
    layers: [busybox, () => program('/bin/prometheus', join(tools.prometheus, 'prometheus'))],
    config: { entrypoint: ['/bin/prometheus'], user: '65534:65534' },
  },
  [`quay.io/prometheuscommunity/postgres-exporter:v${versions.postgresExporter}`]: binary(
    join(tools['postgres-exporter'], 'postgres_exporter'),
    '/bin/postgres_exporter',
    { user: '65534:65534' },
  ),
  [`docker.io/library/postgres:${versions.postgres}`]: {
    layers: [busybox, postgres, () => postgresClient(tools)],
    config: { entrypoint: ['/bin/sh'], user: '999:999', env: { PATH: `/usr/lib/postgresql/18/bin:/usr/bin:/bin` } },
  },
  [`docker.io/windlass/kafka:${versions.kafka}`]: {
    layers: [
      busybox,
      () => java(tools),
      () => folderEntries('/opt/kafka/libs', tools.kafka, (file) => file.endsWith('.jar')),
    ],
    config: { entrypoint: ['/bin/sh'], user: '1001:1001', env: { PATH: '/opt/java/bin:/usr/bin:/bin' } },
  },
});

/**
 * The images that are made of this checkout. Runtime, dependencies and code are separate layers, so an edit changes
 * only the last.
 */
export const ownImages = (): Record<string, Recipe> => ({
  'docker.io/windlass/services:dev': {
    layers: [busybox, node, () => dependencies(ownDependencies), () => code('services')],
    config: nodeConfig(['--import', '/app/services/lib/observability/register.ts', '/app/services/main.ts']),
  },
  'docker.io/windlass/strimzi-standin:dev': {
    layers: [busybox, node, () => dependencies(standinDependencies), () => code('cluster/native/strimzi-standin')],
    config: nodeConfig(['/app/cluster/native/strimzi-standin/main.ts']),
  },
});

/** Packs every image of a catalogue. Layers that the cache has are not packed again. */
export async function packAll(catalogue: Record<string, Recipe>, progress: Progress): Promise<Image[]> {
  const images: Image[] = [];
  for (const [name, { layers, config }] of Object.entries(catalogue)) {
    const contents = await Promise.all(layers.map((entries) => entries()));
    const found = await Promise.all(contents.map(findLayer));
    const isCached = found.every((layer) => layer !== undefined);
    const packed = isCached ? found : await progress.part(`image ${name}`, () => packLayers(contents));
    images.push(assemble(name, packed, config));
  }
  return images;
}

async function packLayers(contents: readonly Entry[][]): Promise<Layer[]> {
  const packed = [];
  for (const entries of contents) packed.push(await packLayer(entries));
  return packed;
}

function binary(source: string, path: string, config: Partial<ImageConfig> = {}): Recipe {
  return { layers: [() => program(path, source)], config: { entrypoint: [path], ...config } };
}

function kubernetes(tools: ToolFolders, name: string): Recipe {
  return binary(join(tools.kubernetes, name), `/usr/local/bin/${name}`);
}

function nodeConfig(args: readonly string[]): ImageConfig {
  return { entrypoint: ['node', ...args], user: '10001:10001', workingDir: '/app', env: { NODE_ENV: 'production' } };
}
