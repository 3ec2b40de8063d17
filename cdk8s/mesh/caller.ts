import { GATEWAY, type Topology } from '../model/topology.ts';

/** The proxy that carries out a policy, as Istio's selectors find it. */
export interface Caller {
  readonly labels: Record<string, string>;
  readonly context: 'GATEWAY' | 'SIDECAR_OUTBOUND';
}

/** The labels of the gateway's own pods, as Istio's charts set them. */
export const INGRESS_SELECTOR = { istio: 'ingressgateway' } as const;

/**
 * The namespace of the gateway's pods, and Istio's root namespace: a resource here without a selector applies to the
 * whole mesh.
 */
export const MESH_ROOT_NAMESPACE = 'istio-system';

/** A Kubernetes account. In the mesh it is the identity in the certificates of its pods. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** The account of the gateway's pods: the name of its Helm release. */
export const INGRESS_ACCOUNT: ServiceAccount = { namespace: MESH_ROOT_NAMESPACE, name: 'istio-ingressgateway' };
/** The account of Prometheus, which reads metrics. */
export const MONITORING_ACCOUNT: ServiceAccount = { namespace: 'observability', name: 'prometheus' };

/** The account of a caller's pods. Its namespace is also where resources that select the caller must be. */
export function accountOf(caller: string, { services }: Topology): ServiceAccount {
  const service = services[caller];
  return service ? { namespace: service.namespace, name: caller } : INGRESS_ACCOUNT;
}

export function callerOf(name: string): Caller {
  return name === GATEWAY
    ? { labels: INGRESS_SELECTOR, context: 'GATEWAY' }
    : { labels: { app: name }, context: 'SIDECAR_OUTBOUND' };
}
