import type { k8s } from 'cdk8s-plus-27';
import { INGRESS_SELECTOR, MESH_ROOT_NAMESPACE } from '../mesh/caller.ts';
import { MESH_NAMESPACE } from '../model/addresses.ts';
import type { Environment } from '../model/environment.ts';
import type { Topology } from '../model/topology.ts';
import { workloadsOf } from '../model/topology-in.ts';
import { metricsPortsOf, type NamedPolicy, tcp, toDns, toPeer } from './network-policies.ts';
import { BROKERS, COMMANDS, ISTIOD, JAEGER, METRICS_PORTS, POSTGRES, PROMETHEUS } from './platform.ts';

const JAEGER_QUERY = 16686;
/** The API server's own port, and that of its Service: no selector matches it, because it is no pod of the network. */
const API_SERVER_PORTS = [443, 6443];
/** Where the gateway listens for customers, in plain HTTP and TLS, and for the health checks of a load balancer. */
const GATEWAY_PORTS = [80, 443, 8443, 15021];
/** The API server calls the webhook, from a node. */
const ISTIOD_WEBHOOK = 15017;

/**
 * Who reaches Postgres (that of charts/postgres), Jaeger, Prometheus, istiod and the gateway. Pods without a policy of
 * their own in these namespaces are reached by nothing. Postgres and Jaeger open no connection, and Prometheus those to
 * what it scrapes. Others may: istiod calls the API server, and the gateway calls services, whose own policies admit it.
 * The APIs of Jaeger and Prometheus are ports of the node where faults are on, whose clients have addresses that no
 * selector matches. Elsewhere no pod reaches them, only operators by a port-forward.
 */
export function platformNetworkPolicies(
  topology: Topology,
  { postgres, faults }: Pick<Environment, 'postgres' | 'faults'>,
): NamedPolicy[] {
  const toConsole = (port: number) => (faults === 'on' ? [open([port])] : []);
  const services = Object.entries(workloadsOf(topology));
  const scraped = [
    ...services.map(
      ([name, service]) => [metricsPortsOf(service), { namespace: service.namespace, labels: { app: name } }] as const,
    ),
    [[METRICS_PORTS.proxies], { namespace: MESH_ROOT_NAMESPACE, labels: INGRESS_SELECTOR }] as const,
    [[ISTIOD.port, METRICS_PORTS.istiod], ISTIOD] as const,
    [[METRICS_PORTS.kafka], BROKERS] as const,
    ...(postgres === 'in-cluster' ? [[[METRICS_PORTS.postgres], POSTGRES] as const] : []),
  ];
  const ours = services.map(([name, { namespace }]) => toPeer({ namespace, labels: { app: name } }));
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
        ingress: [open([POSTGRES.port], ours, commands), open([METRICS_PORTS.postgres], toPeer(PROMETHEUS))],
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
        ingress: [open([JAEGER.port], ours, gateway), ...toConsole(JAEGER_QUERY)],
      },
    },
    {
      name: 'prometheus',
      namespace: PROMETHEUS.namespace,
      spec: {
        ...closed,
        podSelector: { matchLabels: PROMETHEUS.labels },
        ingress: toConsole(PROMETHEUS.port),
        egress: [
          toDns,
          ...scraped.map(([ports, peer]) => ({ to: [toPeer(peer)], ports: ports.map(tcp) })),
          { ports: API_SERVER_PORTS.map(tcp) },
        ],
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
          open([METRICS_PORTS.istiod], toPeer(PROMETHEUS)),
        ],
      },
    },
    {
      name: 'gateway',
      namespace: MESH_ROOT_NAMESPACE,
      spec: {
        podSelector: { matchLabels: INGRESS_SELECTOR },
        policyTypes: ['Ingress'],
        ingress: [open(GATEWAY_PORTS), open([METRICS_PORTS.proxies], toPeer(PROMETHEUS))],
      },
    },
  ];
}

/** @param peers who may connect. None: anyone, also from outside of the cluster */
function open(ports: readonly number[], ...peers: (k8s.NetworkPolicyPeer | readonly k8s.NetworkPolicyPeer[])[]) {
  const from = peers.flat() as k8s.NetworkPolicyPeer[];
  return { ...(from.length > 0 && { from }), ports: ports.map(tcp) };
}
