import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  DiscoveryV1Api,
  KubeConfig,
  type V1Deployment,
  type V1Pod,
} from '@kubernetes/client-node';
import { isServing, type Watched } from '../../cluster/deploy/application.ts';
import type { Ports } from '../../cluster/settings.ts';
import { kubeconfigPath, readPorts } from '../../cluster/state.ts';
import { Forwards } from './forward.ts';
import { closeConnections } from './http.ts';
import type { PodRef } from './names.ts';

/** The running cluster: its APIs, its ports on this host, and connections into its pods. */
export class Cluster {
  readonly ports: Ports;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly custom: CustomObjectsApi;
  readonly discovery: DiscoveryV1Api;
  readonly forwards: Forwards;

  constructor(config: KubeConfig, ports: Ports) {
    this.ports = ports;
    this.core = config.makeApiClient(CoreV1Api);
    this.apps = config.makeApiClient(AppsV1Api);
    this.custom = config.makeApiClient(CustomObjectsApi);
    this.discovery = config.makeApiClient(DiscoveryV1Api);
    this.forwards = new Forwards(config);
  }

  get ingressUrl(): string {
    return `http://127.0.0.1:${this.ports.ingress}`;
  }

  /** The gateway in TLS. Its certificate is for this name as well as for 127.0.0.1. */
  get ingressTlsUrl(): string {
    return `https://localhost:${this.ports.ingressTls}`;
  }

  get jaegerUrl(): string {
    return `http://127.0.0.1:${this.ports.jaeger}`;
  }

  get prometheusUrl(): string {
    return `http://127.0.0.1:${this.ports.prometheus}`;
  }

  /** The deployments of a namespace, by name. */
  async deployments(namespace: string): Promise<readonly string[]> {
    const { items } = await this.apps.listNamespacedDeployment({ namespace });
    return items.map(nameOf).sort();
  }

  /** The ready pods that match the labels and are not terminating. */
  async readyPods(namespace: string, labelSelector: string): Promise<readonly PodRef[]> {
    const { items } = await this.core.listNamespacedPod({ namespace, labelSelector });
    return items.filter(isReady).map((pod) => ({ namespace, name: nameOf(pod) }));
  }

  /** Descriptions of the pods that match the labels and are terminating or not ready. */
  async unreadyPods(namespace: string, labelSelector: string): Promise<readonly string[]> {
    const { items } = await this.core.listNamespacedPod({ namespace, labelSelector });
    return items.filter((pod) => !isReady(pod)).map((pod) => `${nameOf(pod)} is terminating or not ready`);
  }

  /**
   * Descriptions of the deployments with these names, and of their pods, that are still changing. Empty once all are
   * ready.
   */
  async unsettled(namespace: string, names: readonly string[]): Promise<readonly string[]> {
    const { items } = await this.apps.listNamespacedDeployment({ namespace });
    const changing = items.filter(
      (one) => names.includes(nameOf(one)) && !isServing({ kind: 'Deployment', ...one } as Watched),
    );
    return [
      ...changing.map((one) => `${nameOf(one)} is being rolled out`),
      ...(await this.unreadyPods(namespace, `app in (${names.join(',')})`)),
    ];
  }

  /** The only ready pod that matches. Throws if there is none or more than one. */
  async onlyPod(namespace: string, labelSelector: string): Promise<PodRef> {
    const pods = await this.readyPods(namespace, labelSelector);
    const [pod] = pods;
    if (pod === undefined || pods.length > 1) {
      throw new Error(`expected one ready pod ${labelSelector} in ${namespace}, found ${pods.length}`);
    }
    return pod;
  }

  /** The address of the only ready pod that matches. */
  async addressOf(namespace: string, labelSelector: string): Promise<string> {
    const pod = await this.onlyPod(namespace, labelSelector);
    const { status } = await this.core.readNamespacedPod(pod);
    if (status?.podIP === undefined) throw new Error(`${pod.name} has no address`);
    return status.podIP;
  }

  /** The values of a Secret, as text. Throws if one of the keys is missing. */
  async readSecret<Key extends string>(
    { namespace, name }: PodRef,
    ...keys: readonly Key[]
  ): Promise<Record<Key, string>> {
    const { data = {} } = await this.core.readNamespacedSecret({ namespace, name });
    const values = keys.map((key) => {
      const encoded = data[key];
      if (encoded === undefined) throw new Error(`secret ${name} in ${namespace} has no key ${key}`);
      return [key, Buffer.from(encoded, 'base64').toString('utf8')];
    });
    return Object.fromEntries(values) as Record<Key, string>;
  }

  close(): void {
    this.forwards.close();
    closeConnections();
  }
}

/** Opens this checkout's cluster. Throws if it does not run. */
export function openCluster(): Cluster {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath());
  return new Cluster(config, readPorts());
}

function nameOf(object: V1Pod | V1Deployment): string {
  const name = object.metadata?.name;
  if (name === undefined) throw new Error('the API server sent an object without a name');
  return name;
}

function isReady(pod: V1Pod): boolean {
  if (pod.metadata?.deletionTimestamp !== undefined) return false;
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
