import { GATEWAY, type Topology } from '../../cdk8s/model/topology.ts';
import { check, hasStatus } from './check.ts';
import type { Cluster } from './cluster.ts';
import { send } from './http.ts';
import type { PodRef } from './names.ts';

const envoyAdminPort = 15000;
const gateway = { namespace: 'istio-system', labels: 'istio=ingressgateway' } as const;

/** The ready pods whose proxies apply a caller's policies. Throws if there is none. */
export async function proxiesOf(cluster: Cluster, topology: Topology, caller: string): Promise<readonly PodRef[]> {
  const service = topology.services[caller];
  if (service === undefined && caller !== GATEWAY) throw new Error(`${caller} is not a service of the topology`);
  const { namespace, labels } = service ? { namespace: service.namespace, labels: `app=${caller}` } : gateway;
  const pods = await cluster.readyPods(namespace, labels);
  if (pods.length === 0) throw new Error(`no ready pod of ${caller}`);
  return pods;
}

/** Gets a path from Envoy's admin port in the pod and parses the response as JSON. */
export async function askEnvoy(cluster: Cluster, pod: PodRef, path: string): Promise<unknown> {
  const port = await cluster.forwards.open(pod, envoyAdminPort);
  return JSON.parse(check(await send({ url: `http://127.0.0.1:${port}${path}` }), hasStatus(200)).text);
}

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const satisfies Record<string, number>;

/** Parses a duration in the format of Istio and Envoy: `300ms`, `0.300s`, `1m`. */
export function readDurationMs(text: string): number {
  const [, value, unit] = /^([0-9.]+)(ms|s|m|h)$/.exec(text) ?? [];
  if (value === undefined || unit === undefined) throw new Error(`not a duration: "${text}"`);
  return Math.round(Number(value) * unitsMs[unit as keyof typeof unitsMs]);
}
