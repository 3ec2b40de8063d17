import { names } from '../broker/names.ts';
import { ready, warning } from '../conditions.ts';
import type { Condition, Kafka, KafkaStatus, ListenerStatus, NodePool, NodePoolStatus } from '../resources.ts';
import { KAFKA_METADATA_VERSION, KAFKA_VERSION, OPERATOR_VERSION } from './version.ts';

function listenerStatuses(kafka: Kafka, clusterCa: string): readonly ListenerStatus[] {
  const host = `${names(kafka.metadata.name).bootstrapService}.${kafka.metadata.namespace}.svc`;
  return kafka.spec.kafka.listeners.map(({ name, port, tls }) => ({
    name,
    bootstrapServers: `${host}:${port}`,
    addresses: [{ host, port }],
    ...(tls ? { certificates: [clusterCa] } : {}),
  }));
}

/** Strimzi's warnings for one node; none if its data outlives the pod. */
function storageWarnings(pool: NodePool): readonly Condition[] {
  const { storage } = pool.spec;
  const [volume = storage] = storage.volumes ?? [];
  if (volume.type !== 'ephemeral') return [];
  const losing = (role: string, lost: string) =>
    `A Kafka cluster with a single ${role} node and ephemeral storage will lose ${lost} ` +
    'after any restart or rolling update.';
  return [
    warning('KafkaStorage', losing('broker', 'topic messages')),
    warning('KafkaStorage', losing('controller', 'data')),
  ];
}

/**
 * The status of a Kafka whose broker answers. As in Strimzi, warnings come first.
 * @param clusterCa the certificate with which clients verify the broker
 */
export function readyStatus(kafka: Kafka, pool: NodePool, clusterId: string, clusterCa: string): KafkaStatus {
  return {
    conditions: [...storageWarnings(pool), ready()],
    observedGeneration: kafka.metadata.generation ?? 0,
    clusterId,
    clusterSecurity: { authentication: { type: 'strimzi-mtls' }, encryption: { type: 'strimzi-tls' } },
    kafkaVersion: KAFKA_VERSION,
    kafkaMetadataVersion: kafka.spec.kafka.metadataVersion ?? KAFKA_METADATA_VERSION,
    kafkaNodePools: [{ name: pool.metadata.name }],
    operatorLastSuccessfulVersion: OPERATOR_VERSION,
    listeners: listenerStatuses(kafka, clusterCa),
  };
}

/** The status of a pool. Its conditions are empty, because its Kafka has them. */
export function poolStatus(kafka: Kafka, pool: NodePool, clusterId: string): NodePoolStatus {
  const cluster = kafka.metadata.name;
  return {
    conditions: [],
    observedGeneration: pool.metadata.generation ?? 0,
    clusterId,
    nodeIds: [0],
    replicas: 1,
    roles: pool.spec.roles,
    labelSelector:
      `strimzi.io/cluster=${cluster},strimzi.io/name=${names(cluster).component},` +
      `strimzi.io/kind=Kafka,strimzi.io/pool-name=${pool.metadata.name}`,
  };
}
