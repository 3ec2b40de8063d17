import type { Kafka, KafkaConfig, Listener, NodePool } from '../resources.ts';
import { names, podNames } from './names.ts';

/** Where the volume is mounted. The log folder is one level below, because a volume's root may contain `lost+found`. */
export const DATA_DIR = '/var/lib/kafka/data';
export const LOG_DIR = `${DATA_DIR}/kafka-log0`;

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

/** Strimzi's name of a listener inside the broker: `PLAIN-9092`. */
const internalName = ({ name, port }: Listener): string => `${name.toUpperCase()}-${port}`;

/**
 * The broker's `server.config`: one node that is both controller and broker. Only the node itself uses the controller
 * listener and the replication listener, so they listen on its loopback. A later TLS listener would be one more entry
 * of `listeners`.
 */
export function serverConfig(kafka: Kafka, pool: NodePool): string {
  const cluster = kafka.metadata.name;
  const { pod } = podNames(cluster, pool.metadata.name);
  const host = `${pod}.${names(cluster).brokersService}.${kafka.metadata.namespace}.svc`;
  const { listeners, config } = kafka.spec.kafka;
  const replication = 'REPLICATION-9091://127.0.0.1:9091';

  const properties: Record<string, string> = {
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    ...userConfig(config),
    'node.id': '0',
    'process.roles': 'broker,controller',
    'controller.listener.names': 'CONTROLPLANE-9090',
    'controller.quorum.voters': '0@127.0.0.1:9090',
    'inter.broker.listener.name': 'REPLICATION-9091',
    listeners: [
      'CONTROLPLANE-9090://127.0.0.1:9090',
      replication,
      ...listeners.map((l) => `${internalName(l)}://0.0.0.0:${l.port}`),
    ].join(','),
    'advertised.listeners': [replication, ...listeners.map((l) => `${internalName(l)}://${host}:${l.port}`)].join(','),
    'listener.security.protocol.map': ['CONTROLPLANE-9090', 'REPLICATION-9091', ...listeners.map(internalName)]
      .map((name) => `${name}:PLAINTEXT`)
      .join(','),
    'log.dirs': LOG_DIR,
  };
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join('\n')}\n`;
}
