import { MESH_ROOT_NAMESPACE, MONITORING_ACCOUNT } from '../mesh/caller.ts';
import { MESH_NAMESPACE, PORTS, TRACING_COLLECTOR } from '../model/addresses.ts';

/** The platform: parts that are not ours, but that our pods and resources name. */

/** The label by which a node says which host, or zone, it is. */
export const NODE_LABELS = { host: 'kubernetes.io/hostname', zone: 'topology.kubernetes.io/zone' } as const;

/** Pods that ours talk to, as a NetworkPolicy sees them: by namespace, labels and the port that they really open. */
export interface Peer {
  readonly namespace: string;
  /** None: any pod of the namespace. */
  readonly labels: Readonly<Record<string, string>>;
  readonly port: number;
}

export const KAFKA = { cluster: 'events', pool: 'dual', namespace: MESH_NAMESPACE, port: 9093 } as const;
export const KAFKA_BOOTSTRAP = `${KAFKA.cluster}-kafka-bootstrap.${KAFKA.namespace}.svc:${KAFKA.port}`;
export const BROKERS: Peer = {
  namespace: KAFKA.namespace,
  labels: { 'strimzi.io/name': `${KAFKA.cluster}-kafka` },
  port: KAFKA.port,
};
/**
 * The KafkaUser of operators' commands, and of nothing that runs by itself. cluster/operations/job.ts gives their pods its
 * certificate instead of the service's.
 */
export const OPERATORS_USER = 'operators';
/** On every pod that Strimzi makes, and on its operator. */
export const STRIMZI_LABEL = 'strimzi.io/kind';

export const OTLP_ENDPOINT = `http://${TRACING_COLLECTOR.host}:${TRACING_COLLECTOR.port}`;
/** The tracing provider's name in Istio's mesh config (charts/istio). */
export const TRACING_PROVIDER = 'jaeger';
export const JAEGER: Peer = {
  namespace: TRACING_COLLECTOR.namespace,
  labels: { app: 'jaeger' },
  port: TRACING_COLLECTOR.port,
};
/** Prometheus (charts/prometheus), which has an API without authentication. */
export const PROMETHEUS: Peer = { namespace: MONITORING_ACCOUNT.namespace, labels: { app: 'prometheus' }, port: 9090 };
/** The ports that Prometheus scrapes, by what it scrapes. */
export const METRICS_PORTS = {
  services: PORTS.metrics,
  proxies: 15090,
  istiod: 15014,
  kafka: 9404,
  postgres: 9187,
} as const;

export const POSTGRES_PORT = 5432;
export const POSTGRES: Peer = { namespace: 'postgres', labels: { app: 'postgres' }, port: POSTGRES_PORT };
export const DNS: Peer = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, port: 53 };
/**
 * NodeLocal DNSCache: pods of a cluster that has it ask an address of their own node, which no selector matches: that of
 * Kubernetes' own manifest, or that of Kubespray.
 */
export const NODE_LOCAL_DNS = ['169.254.20.10/32', '169.254.25.10/32'] as const;
/** On the pods of operators' commands, which cluster/operations/job.ts makes. */
const COMMAND_LABEL = 'windlass.example/command';
/** Selects these pods. */
export const COMMANDS = { matchExpressions: [{ key: COMMAND_LABEL, operator: 'Exists' }] };
/** Where sidecars get their configuration and their certificates. */
export const ISTIOD: Peer = { namespace: MESH_ROOT_NAMESPACE, labels: { app: 'istiod' }, port: 15012 };
