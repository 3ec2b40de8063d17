import type { ServiceEntrySpec, ServiceEntrySpecEndpoints } from '../imports/networking.istio.io.ts';
import { clusterHostOf, hostOf, PORTS, portOf } from '../model/addresses.ts';
import type { PartnerService } from '../model/topology.ts';

/**
 * A partner's host, made known to the mesh so that a policy can hold for it: plain HTTP for callers, so that a sidecar
 * sees requests and can retry them; the DestinationRule makes TLS of it on the way to the real port. No address is
 * stated: istiod allocates one and the sidecars' DNS proxy answers with it.
 *
 * @param exportTo the namespaces of its callers
 */
export function toServiceEntry(name: string, service: PartnerService, exportTo: readonly string[]): ServiceEntrySpec {
  const port = 'http';
  return {
    exportTo: [...exportTo],
    hosts: [hostOf(name, service)],
    location: 'MESH_EXTERNAL',
    resolution: 'DNS',
    ports: [{ name: port, number: portOf(name, service), protocol: 'HTTP' }],
    endpoints: [endpointOf(name, service, port)],
  };
}

function endpointOf(name: string, service: PartnerService, port: string): ServiceEntrySpecEndpoints {
  const { host, servers } = service.external;
  return servers
    ? { address: host, ports: { [port]: servers.port } }
    : { address: clusterHostOf(name, service), ports: { [port]: PORTS[service.serves] } };
}
