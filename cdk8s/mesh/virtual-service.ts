import type {
  VirtualServiceSpec,
  VirtualServiceSpecHttp,
  VirtualServiceSpecHttpMatch,
  VirtualServiceSpecHttpRetries,
} from '../imports/networking.istio.io.ts';
import { hostOf, MESH_NAMESPACE, portOf } from '../model/addresses.ts';
import type { Dependency, RpcWithPolicy } from '../model/dependencies.ts';
import type { RpcPolicy } from '../model/policy.ts';
import { routeStatName } from '../model/slo.ts';
import { GATEWAY, type Rpc } from '../model/topology.ts';
import { formatDurationMs } from './duration.ts';

/** The Gateway resource of the mesh's entry. */
export const GATEWAY_RESOURCE = { name: 'windlass', namespace: MESH_NAMESPACE } as const;

/**
 * Istio heeds one VirtualService per host, so all callers of a service share one and are told apart by their `app`
 * label. There is no catch-all route: what no dependency states is answered 404 by the caller's proxy, so that a new
 * call without a policy fails on its first call and not on its first bad day.
 *
 * @param exportTo the namespaces of its callers
 */
export function toMeshVirtualService(
  dependencies: readonly Dependency[],
  exportTo: readonly string[],
): VirtualServiceSpec {
  return {
    exportTo: [...exportTo],
    hosts: hostsOf(dependencies),
    http: dependencies.flatMap((dependency) => dependency.rpcs.map((call) => toRoute(dependency, call))),
  };
}

/**
 * The gateway's routes take any host name, which Istio allows only in a VirtualService that is not bound to the mesh as
 * well.
 */
export function toGatewayVirtualService(
  dependencies: readonly Dependency[],
  exportTo: readonly string[],
): VirtualServiceSpec {
  return {
    exportTo: [...exportTo],
    hosts: ['*'],
    gateways: [`${GATEWAY_RESOURCE.namespace}/${GATEWAY_RESOURCE.name}`],
    http: dependencies.flatMap((dependency) => dependency.rpcs.map((call) => toRoute(dependency, call))),
  };
}

function hostsOf(dependencies: readonly Dependency[]): string[] {
  return [...new Set(dependencies.map(({ callee, service }) => hostOf(callee, service)))];
}

function toRoute(
  { caller, callee, service }: Dependency,
  { name, rpc, policy }: RpcWithPolicy,
): VirtualServiceSpecHttp {
  const destination = { host: hostOf(callee, service), port: { number: portOf(callee, service) } };
  return {
    name: `${caller}.${name}`,
    match: [toMatch(caller, rpc, routeStatName(callee, name))],
    route: [{ destination }],
    timeout: formatDurationMs(policy.timeoutMs),
    retries: toRetries(policy),
  };
}

/** @param statName under which the proxy counts the calls of a route that has an SLO */
function toMatch(caller: string, { path, method, slo }: Rpc, statName: string): VirtualServiceSpecHttpMatch {
  return {
    uri: path.includes('{') ? { regex: toRegex(path) } : { exact: path },
    ...(method && { method: { exact: method } }),
    ...(slo && { statPrefix: statName }),
    ...(caller !== GATEWAY && { sourceLabels: { app: caller } }),
  };
}

/** `{id}` is one segment of the path. A longer one is no id, and would fill the logs of every hop. */
function toRegex(path: string): string {
  return path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]{1,200}');
}

function toRetries({ retries }: RpcPolicy): VirtualServiceSpecHttpRetries {
  if (retries.kind === 'never') return { attempts: 0 };
  const { attempts, conditions, perTryTimeoutMs, backoffMs } = retries;
  return {
    attempts,
    retryOn: conditions.join(','),
    backoff: formatDurationMs(backoffMs),
    ...(perTryTimeoutMs !== 'rest-of-timeout' && { perTryTimeout: formatDurationMs(perTryTimeoutMs) }),
  };
}
