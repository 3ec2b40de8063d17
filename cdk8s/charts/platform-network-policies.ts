import type { k8s } from 'cdk8s-plus-27';
import { INGRESS_SELECTOR, MESH_ROOT_NAMESPACE } from '../mesh/caller.ts';
import { MESH_NAMESPACE } from '../model/addresses.ts';
import type { Environment } from '../model/environment.ts';
import type { Topology } from '../model/topology.ts';
import { workloadsOf } from '../model/topology-in.ts';
import { type NamedPolicy, tcp, toPeer } from './network-policies.ts';
import { COMMANDS, ISTIOD, JAEGER, MONITORING, POSTGRES } from './platform.ts';

/** Jaeger's API. In dev it is a port of the node, whose clients have addresses that no selector matches. */
const JAEGER_QUERY = 16686;
/** Where the gateway listens for customers, in plain HTTP and TLS, and for the health checks of a load balancer. */
const GATEWAY_PORTS = [80, 443, 8443, 15021];
/** The API server calls the webhook, from a node. */
const ISTIOD_WEBHOOK = 15017;
const METRICS = { istiod: 15014, gateway: 15090 };

/**
 * Who reaches Postgres (that of charts/postgres), Jaeger, istiod and the gateway. Pods without a policy of their own in these namespaces are
 * reached by nothing. Postgres and Jaeger open no connection. Others may: a Prometheus beside Jaeger scrapes, istiod calls
 * the API server, which is no pod, and the gateway calls services, whose own policies admit it.
 */
export function platformNetworkPolicies(
  topology: Topology,
  postgres: Environment['postgres'] = 'in-cluster',
): NamedPolicy[] {
  const ours = Object.entries(workloadsOf(topology)).map(([name, { namespace }]) =>
    toPeer({ namespace, labels: { app: name } }),
  );
  const gateway = toPeer({ namespace: MESH_ROOT_NAMESPACE, labels: INGRESS_SELECTOR });
  const commands = { ...toPeer({ namespace: MESH_NAMESPACE, labels: {} }), podSelector: COMMANDS };
  const closed = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
  const unreached = { podSelector: {}, policyTypes: ['Ingress'] };
  const ofPostgres = [
    { name: 'default-deny', namespace: POSTGRES.namespace, spec: closed },
    {
      name: 'postgres',
      namespace: POSTGRES.namespace,
      spec: {
        ...closed,
        podSelector: { matchLabels: POSTGRES.labels },
        ingress: [open([POSTGRES.port], ours, commands)],
      },
    },
  ];
  return [
    ...(postgres === 'in-cluster' ? ofPostgres : []),
    { name: 'default-deny', namespace: JAEGER.namespace, spec: unreached },
    {
      name: 'jaeger',
      namespace: JAEGER.namespace,
      spec: {
        ...closed,
        podSelector: { matchLabels: JAEGER.labels },
        ingress: [open([JAEGER.port], ours, gateway), open([JAEGER_QUERY])],
      },
    },
    { name: 'default-deny', namespace: MESH_ROOT_NAMESPACE, spec: unreached },
    {
      name: 'istiod',
      namespace: ISTIOD.namespace,
      spec: {
        podSelector: { matchLabels: ISTIOD.labels },
        policyTypes: ['Ingress'],
        // Every sidecar gets its certificate and config here, and proves who it is with its token.
        ingress: [
          open([ISTIOD.port], [{ namespaceSelector: {} }]),
          open([ISTIOD_WEBHOOK]),
          open([METRICS.istiod], [toPeer(MONITORING)]),
        ],
      },
    },
    {
      name: 'gateway',
      namespace: MESH_ROOT_NAMESPACE,
      spec: {
        podSelector: { matchLabels: INGRESS_SELECTOR },
        policyTypes: ['Ingress'],
        ingress: [open(GATEWAY_PORTS), open([METRICS.gateway], [toPeer(MONITORING)])],
      },
    },
  ];
}

/** @param peers who may connect. None: anyone, also from outside of the cluster */
function open(ports: readonly number[], ...peers: (k8s.NetworkPolicyPeer | readonly k8s.NetworkPolicyPeer[])[]) {
  const from = peers.flat() as k8s.NetworkPolicyPeer[];
  return { ...(from.length > 0 && { from }), ports: ports.map(tcp) };
}
