import type { SidecarSpec } from '../imports/networking.istio.io.ts';
import { hostOf, meshNamespaceOf, TRACING_COLLECTOR } from '../model/addresses.ts';
import type { Dependency } from '../model/dependencies.ts';

/**
 * What one workload's sidecar knows of the mesh: the hosts that it calls and the collector of its own spans. Anything
 * else is rejected at the caller, and a change elsewhere does not even reach it.
 *
 * @param dependencies those on which the workload is the caller
 */
export function toSidecar(name: string, dependencies: readonly Dependency[]): SidecarSpec {
  const callees = dependencies.map(({ callee, service }) => `${meshNamespaceOf(service)}/${hostOf(callee, service)}`);
  return {
    workloadSelector: { labels: { app: name } },
    outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
    egress: [{ hosts: [...callees, `${TRACING_COLLECTOR.namespace}/${TRACING_COLLECTOR.host}`] }],
  };
}
