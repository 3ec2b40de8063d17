import type { SidecarSpec } from '../imports/networking.istio.io.ts';
import { hostOf, meshNamespaceOf, TRACING_COLLECTOR } from '../model/addresses.ts';
import type { Dependency } from '../model/dependencies.ts';

const collector = `${TRACING_COLLECTOR.namespace}/${TRACING_COLLECTOR.host}`;

/** What a sidecar without a Sidecar of its own knows: the hosts of its own namespace. Ours are no concern of others. */
export const defaultSidecar: SidecarSpec = {
  outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
  egress: [{ hosts: ['./*', collector] }],
};

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
    egress: [{ hosts: [...callees, collector] }],
  };
}
