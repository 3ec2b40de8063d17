import type { Service } from './topology.ts';

/** Ports that every service keeps; `admin` is in no Service and not reachable through the mesh. */
export const PORTS = { http: 8080, https: 8443, grpc: 50051, metrics: 9464, admin: 9901 } as const;

/** Where the mesh listens, in plain HTTP, for an external host; the ServiceEntry leads it to the real port. */
const EXTERNAL_PORT = 80;

/** The namespace of the gateway's resources, and of those about hosts outside the mesh. */
export const MESH_NAMESPACE = 'shop';

/** The collector that receives the spans of services and sidecars. */
export const TRACING_COLLECTOR = {
  namespace: 'observability',
  host: 'jaeger-collector.observability.svc.cluster.local',
  port: 4317,
} as const;

/** The name that callers use and that VirtualService and DestinationRule are about. */
export function hostOf(name: string, service: Service): string {
  return service.external?.host ?? clusterHostOf(name, service);
}

/** The Kubernetes Service's own name, even where callers know the service as an external host. */
export function clusterHostOf(name: string, { namespace }: Service): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

/** The port that callers use. Throws for a service that serves nothing. */
export function portOf(name: string, service: Service): number {
  if (service.serves === 'nothing') throw new Error(`${name} serves nothing and cannot be called`);
  return service.external ? EXTERNAL_PORT : PORTS[service.serves];
}

/** Where the mesh resources about a called service live. */
export function meshNamespaceOf(service: Service): string {
  return service.external ? MESH_NAMESPACE : service.namespace;
}

/** The Secret with the gateway's certificate and key, beside its pods. */
export const EDGE_CERTIFICATE = { namespace: 'istio-system', name: 'edge-tls' } as const;
