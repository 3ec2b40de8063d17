import { superUsers } from '../certificates/secrets.ts';
import type { Kafka, KafkaConfig, Listener, NodePool } from '../resources.ts';
import { names, podNames } from './names.ts';

/** Where the volume is mounted. The log folder is one level below, because a volume's root may contain `lost+found`. */
export const DATA_DIR = '/var/lib/kafka/data';
export const LOG_DIR = `${DATA_DIR}/kafka-log0`;

/** Where the broker's own certificate and those of the two authorities are mounted, as in Strimzi's pods. */
export const CERTIFICATE_DIRS = {
  broker: '/opt/kafka/broker-certs',
  clusterCa: '/opt/kafka/cluster-ca-certs',
  clientsCa: '/opt/kafka/client-ca-certs',
} as const;
/** The broker's key and certificate in one file. */
export const KEYSTORE = '/tmp/keystore.pem';

/** The ports between nodes, and of the operators. */
export const REPLICATION_PORT = 9091;

/** The options that Strimzi controls and drops from `spec.kafka.config`. */
const OWNED = new RegExp(
  '^(listeners|listener\\.|advertised\\.|broker\\.|node\\.id|process\\.roles|controller|inter\\.broker\\.|log\\.dir|' +
    'host\\.name|port|sasl\\.|ssl\\.|security\\.|password\\.|authorizer\\.|super\\.user|principal\\.)',
);

/** The `ssl.`… options that users may set. */
const NOT_OWNED = new Set(['controlled.shutdown.enable', 'ssl.cipher.suites', 'ssl.enabled.protocols', 'ssl.protocol']);

const userConfig = (config: KafkaConfig = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => NOT_OWNED.has(key) || !OWNED.test(key))
      .map(([key, value]) => [key, String(value)]),
  );

const CONTROL_PLANE = 'CONTROLPLANE-9090';
const REPLICATION = `REPLICATION-${REPLICATION_PORT}`;

/** Strimzi's name of a listener inside the broker: `PLAIN-9092`. */
const internalName = ({ name, port }: Listener): string => `${name.toUpperCase()}-${port}`;

/**
 * The properties of one TLS listener.
 * @param clientCa the file with the authority of clients' certificates, without which none connects; undefined if
 * clients need none
 */
export function tlsProperties(listener: string, keystore: string, clientCa: string | undefined) {
  const stores = {
    'keystore.type': 'PEM',
    'keystore.location': keystore,
    ...(clientCa === undefined
      ? { 'client.auth': 'none' }
      : { 'truststore.type': 'PEM', 'truststore.location': clientCa, 'client.auth': 'required' }),
  };
  return Object.fromEntries(
    Object.entries(stores).map(([key, value]) => [`listener.name.${listener.toLowerCase()}.ssl.${key}`, value]),
  );
}

/** The properties of a broker that lets each principal do what its ACLs say, and super users everything. */
export const authorizerProperties = (superUsers: readonly string[]): Record<string, string> => ({
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': superUsers.join(';'),
});

/**
 * The broker's `server.config`: one node that is both controller and broker. Between nodes and for operators, both ends
 * of each connection have a certificate of the cluster's authority. Only the node itself uses the controller listener,
 * so it listens on the loopback, which is a name of no certificate.
 */
export function serverConfig(kafka: Kafka, pool: NodePool): string {
  const cluster = kafka.metadata.name;
  const { pod } = podNames(cluster, pool.metadata.name);
  const host = `${pod}.${names(cluster).brokersService}.${kafka.metadata.namespace}.svc`;
  const { listeners, config, authorization } = kafka.spec.kafka;
  const clusterCa = `${CERTIFICATE_DIRS.clusterCa}/ca.crt`;
  const clientsCa = `${CERTIFICATE_DIRS.clientsCa}/ca.crt`;

  const properties: Record<string, string> = {
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    ...userConfig(config),
    'node.id': '0',
    'process.roles': 'broker,controller',
    'controller.listener.names': CONTROL_PLANE,
    'controller.quorum.voters': '0@127.0.0.1:9090',
    'inter.broker.listener.name': REPLICATION,
    listeners: [
      `${CONTROL_PLANE}://127.0.0.1:9090`,
      `${REPLICATION}://0.0.0.0:${REPLICATION_PORT}`,
      ...listeners.map((l) => `${internalName(l)}://0.0.0.0:${l.port}`),
    ].join(','),
    'advertised.listeners': [
      `${REPLICATION}://${host}:${REPLICATION_PORT}`,
      ...listeners.map((l) => `${internalName(l)}://${host}:${l.port}`),
    ].join(','),
    'listener.security.protocol.map': [
      ...[CONTROL_PLANE, REPLICATION].map((name) => `${name}:SSL`),
      ...listeners.map((l) => `${internalName(l)}:${l.tls ? 'SSL' : 'PLAINTEXT'}`),
    ].join(','),
    ...tlsProperties(CONTROL_PLANE, KEYSTORE, clusterCa),
    [`listener.name.${CONTROL_PLANE.toLowerCase()}.ssl.endpoint.identification.algorithm`]: '',
    ...tlsProperties(REPLICATION, KEYSTORE, clusterCa),
    ...Object.assign(
      {},
      ...listeners
        .filter(({ tls }) => tls)
        .map((l) => tlsProperties(internalName(l), KEYSTORE, l.authentication === undefined ? undefined : clientsCa)),
    ),
    ...(authorization === undefined
      ? {}
      : authorizerProperties([
          ...superUsers(cluster),
          ...(authorization.superUsers ?? []).map((name) => `User:${name}`),
        ])),
    'log.dirs': LOG_DIR,
  };
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join('\n')}\n`;
}
