import { k8s } from 'cdk8s-plus-27';
import { accountOf, callerOf } from '../mesh/caller.ts';
import { MESH_NAMESPACE, PORTS } from '../model/addresses.ts';
import type { Environment, Servers } from '../model/environment.ts';
import { syncInteractions, usesKafka } from '../model/interactions.ts';
import type { Service, SyncInteraction, Topology } from '../model/topology.ts';
import { workloadsOf } from '../model/topology-in.ts';
import {
  BROKERS,
  COMMANDS,
  DNS,
  ISTIOD,
  JAEGER,
  KAFKA,
  METRICS_PORTS,
  NODE_LOCAL_DNS,
  type Peer,
  POSTGRES,
  PROMETHEUS,
  STRIMZI_LABEL,
} from './platform.ts';

export interface NamedPolicy {
  readonly name: string;
  readonly namespace: string;
  readonly spec: k8s.NetworkPolicySpec;
}

/** Names, from the cluster's DNS or the node's cache of it. */
export const toDns: k8s.NetworkPolicyEgressRule = {
  to: [toPeer(DNS), ...NODE_LOCAL_DNS.map((cidr) => ({ ipBlock: { cidr } }))],
  ports: [tcp(DNS.port), { ...tcp(DNS.port), protocol: 'UDP' }],
};

/**
 * The connections that pods may open, below the mesh: the calls of the topology, those to and from the platform, and no
 * others. Ports are the application's own, as callers' sidecars dial them. Kubelets need no rule: a node always reaches
 * its own pods.
 */
export function networkPolicies(topology: Topology, postgres: Environment['postgres'] = 'in-cluster'): NamedPolicy[] {
  const services = Object.entries(workloadsOf(topology));
  const toPostgres = postgres === 'in-cluster' ? to(POSTGRES) : toServers(postgres);
  const namespaces = [...new Set(services.map(([, { namespace }]) => namespace))];
  const calls = syncInteractions(topology);
  const toEach = Object.groupBy(calls, ({ callee }) => callee);
  const fromEach = Object.groupBy(calls, ({ caller }) => caller);
  const specOf = (name: string, service: Service): k8s.NetworkPolicySpec => ({
    podSelector: { matchLabels: { app: name } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      ...callers(service, toEach[name] ?? [], topology).map((peer) => ({
        from: [toPeer(peer)],
        ports: [tcp(peer.port)],
      })),
      { from: [toPeer(PROMETHEUS)], ports: metricsPortsOf(service).map(tcp) },
    ],
    egress: [
      toDns,
      ...[...(service.external ? [] : [ISTIOD]), JAEGER, ...(usesKafka(name, topology) ? [BROKERS] : [])].map(to),
      toPostgres,
      ...callees(fromEach[name] ?? [], topology),
    ],
  });
  return [
    ...namespaces.map((namespace) => ({ name: 'default-deny', namespace, spec: denyAll(namespace) })),
    ...services.map(([name, service]) => ({ name, namespace: service.namespace, spec: specOf(name, service) })),
    { name: 'commands', namespace: MESH_NAMESPACE, spec: ofCommands(toPostgres) },
  ];
}

/** Operators' commands read and write databases and topics. No pod calls them. */
function ofCommands(toPostgres: k8s.NetworkPolicyEgressRule): k8s.NetworkPolicySpec {
  return {
    podSelector: COMMANDS,
    policyTypes: ['Ingress', 'Egress'],
    egress: [toDns, toPostgres, to(BROKERS)],
  };
}

/** The default for pods without a policy of their own. Strimzi's operator writes the policies of its pods. */
function denyAll(namespace: string): k8s.NetworkPolicySpec {
  const others = namespace === KAFKA.namespace ? [{ key: STRIMZI_LABEL, operator: 'DoesNotExist' }] : [];
  return { podSelector: others.length > 0 ? { matchExpressions: others } : {}, policyTypes: ['Ingress', 'Egress'] };
}

/** Its own metrics, and those of its sidecar. */
export function metricsPortsOf({ external }: Service): number[] {
  return [METRICS_PORTS.services, ...(external ? [] : [METRICS_PORTS.proxies])];
}

/** Who calls a service, each with the port that it calls. */
function callers(service: Service, calls: readonly SyncInteraction[], topology: Topology): Peer[] {
  return calls.flatMap(({ caller }) =>
    peersAt(accountOf(caller, topology).namespace, callerOf(caller).labels, service),
  );
}

function callees(calls: readonly SyncInteraction[], { services }: Topology): k8s.NetworkPolicyEgressRule[] {
  return calls.flatMap(({ callee }) => {
    const service = services[callee];
    if (!service) return [];
    const servers = service.external?.servers;
    return servers ? [toServers(servers)] : peersAt(service.namespace, { app: callee }, service).map(to);
  });
}

/** Pods on one end of a call, and the port that the callee opens; none if it opens none. */
function peersAt(namespace: string, labels: Peer['labels'], callee: Service): Peer[] {
  return callee.serves === 'nothing' ? [] : [{ namespace, labels, port: PORTS[callee.serves] }];
}

function to(peer: Peer): k8s.NetworkPolicyEgressRule {
  return { to: [toPeer(peer)], ports: [tcp(peer.port)] };
}

function toServers({ addresses, port }: Servers): k8s.NetworkPolicyEgressRule {
  return { to: addresses.map((cidr) => ({ ipBlock: { cidr } })), ports: [tcp(port)] };
}

export function toPeer({ namespace, labels }: Omit<Peer, 'port'>): k8s.NetworkPolicyPeer {
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: Object.keys(labels).length > 0 ? { matchLabels: labels } : {},
  };
}

export function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) };
}
