import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Deployment, V1PodSpec, V1PodTemplateSpec } from '@kubernetes/client-node';
import { parse, parseAllDocuments } from 'yaml';
import { root } from '../../cluster/paths.ts';

/** CPU requests in millicores, by the component that the pods belong to. */
export type CpuRequests = Readonly<Record<string, number>>;

/** The CPU that `make up` can rely on, on native and on kind, in millicores. */
export const TWO_CPUS = 2_000;

const read = (path: string): unknown => parse(readFileSync(join(root, path), 'utf8'));
/** The request in a chart's values, or in those of one of its further containers. */
const chart = (path: string, container?: 'exporter' | 'agent') => {
  const values = read(`charts/${path}`) as Values;
  return requestOf((container ? values[container] : values)?.resources);
};

interface Container {
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}
interface Values extends Container {
  readonly exporter?: Container;
  readonly agent?: Container;
}

/**
 * The CPU requests of all pods of a target, read from the sources that `make up` installs.
 * @param manifests the folder with the manifests of an environment, such as dist/dev
 */
export function expectedRequests(target: 'native' | 'kind', manifests: string): CpuRequests {
  const own = (path: string) => containerRequests(read(`cluster/cpu-requests/${path}`) as { spec: V1PodSpec });
  const template = (path: string) => {
    const { spec } = read(`cluster/cpu-requests/${path}`) as { spec: { template: { spec: V1PodSpec } } };
    return containerRequests(spec.template);
  };
  return {
    ...Object.fromEntries(
      ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => [
        name,
        own(`static-pods/${name}+strategic.yaml`),
      ]),
    ),
    coredns: template('coredns.yaml'),
    // kind's own storage provisioner requests no CPU.
    ...(target === 'kind' ? { kindnet: template('kindnet.yaml') } : { 'local-path': chart('local-path/values.yaml') }),
    'istio-cni-node': chart('istio/cni.yaml'),
    istiod: chart('istio/istiod.yaml'),
    'istio-ingressgateway': chart('istio/gateway.yaml'),
    postgres: chart('postgres/values.yaml') + chart('postgres/values.yaml', 'exporter'),
    jaeger: chart('jaeger/values.yaml'),
    prometheus: chart('prometheus/values.yaml') + chart('prometheus/values.yaml', 'agent'),
    strimzi: chart(target === 'kind' ? 'strimzi/operator-kind.yaml' : 'strimzi/values.yaml'),
    'events-dual': brokers(manifests),
    ...surgeOf(manifests),
  };
}

/** The CPU requests of one more pod of each deployment: the surge while everything is rolled out. */
export function surgeOf(manifests: string): CpuRequests {
  return Object.fromEntries(
    readObjects<V1Deployment>(manifests, '60-workloads.yaml', 'Deployment').map(({ metadata, spec }) => [
      metadata?.name ?? '',
      spec ? podRequest(spec.template) : 0,
    ]),
  );
}

function readObjects<T extends { kind?: string }>(manifests: string, file: string, kind: string): T[] {
  const text = readFileSync(join(manifests, file), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as T)
    .filter((object) => object.kind === kind);
}

export function sum(requests: CpuRequests): number {
  return Object.values(requests).reduce((total, milli) => total + milli, 0);
}

/**
 * A pod's request as the scheduler computes it: the sum of its containers and sidecars, or more if an init container
 * needs more.
 */
export function effectiveRequest({ containers, initContainers = [] }: V1PodSpec): number {
  let sidecars = 0;
  let largest = 0;
  for (const { restartPolicy, resources } of initContainers) {
    if (restartPolicy === 'Always') sidecars += requestOf(resources);
    else largest = Math.max(largest, sidecars + requestOf(resources));
  }
  return Math.max(largest, sidecars + containers.reduce((total, { resources }) => total + requestOf(resources), 0));
}

function podRequest(template: V1PodTemplateSpec): number {
  const sidecar = template.metadata?.annotations?.['sidecar.istio.io/proxyCPU'];
  return containerRequests(template) + (sidecar ? milliOf(sidecar) : 0);
}

function containerRequests({ spec }: V1PodTemplateSpec): number {
  return spec ? effectiveRequest(spec) : 0;
}

function brokers(manifests: string): number {
  const pools = readObjects<{ kind: string; spec: Values & { replicas: number } }>(
    manifests,
    '50-kafka.yaml',
    'KafkaNodePool',
  );
  return pools.reduce((total, { spec }) => total + spec.replicas * requestOf(spec.resources), 0);
}

function requestOf(resources: Values['resources']): number {
  return milliOf(resources?.requests?.cpu ?? '0');
}

/** `100m` or `1`. */
function milliOf(quantity: string): number {
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Number(quantity) * 1_000;
}
