import { clientsCaValidity, clusterCaValidity } from '../certificates/secrets.ts';
import { Rejection } from '../conditions.ts';
import type { Kafka, Listener, NodePool } from '../resources.ts';
import { KAFKA_VERSION } from './version.ts';

const STRIMZI_VERSIONS = ['4.2.0', '4.2.1', '4.3.0', '4.3.1'];

/** Options that Strimzi requires not to exceed the number of brokers. */
const REPLICATION_OPTIONS = [
  'default.replication.factor',
  'offsets.topic.replication.factor',
  'transaction.state.log.replication.factor',
  'transaction.state.log.min.isr',
] as const;

/**
 * Validates a Kafka and returns its only pool.
 * @throws Rejection with Strimzi's reason, or with reason `NotSupportedByStandIn` for what only the real operator
 * supports
 */
export function validate(kafka: Kafka, pools: readonly NodePool[]): NodePool {
  const { version, config, listeners, authorization } = kafka.spec.kafka;
  if (version !== undefined && !STRIMZI_VERSIONS.includes(version)) {
    throw new Rejection(
      'UnsupportedKafkaVersionException',
      `Unsupported Kafka.spec.kafka.version: ${version}. Supported versions are: [${STRIMZI_VERSIONS.join(', ')}]`,
    );
  }
  const [pool, ...others] = pools;
  if (pool === undefined) {
    throw new Rejection(
      'InvalidConfigurationException',
      `No KafkaNodePools found for Kafka cluster ${kafka.metadata.name}`,
    );
  }
  for (const option of REPLICATION_OPTIONS) {
    if (Number(config?.[option] ?? 1) > 1) {
      throw new Rejection(
        'InvalidResourceException',
        `Kafka configuration option '${option}' should be set to 1 because this cluster has only 1 Kafka broker(s).`,
      );
    }
  }

  for (const [authority, { validityDays, renewalDays }] of [
    ['clusterCa', clusterCaValidity(kafka)],
    ['clientsCa', clientsCaValidity(kafka)],
  ] as const) {
    if (renewalDays >= validityDays) {
      throw new Rejection(
        'InvalidResourceException',
        `spec.${authority}.renewalDays is ${renewalDays}, and must be less than validityDays, ${validityDays}`,
      );
    }
  }

  const standInOnly = (supported: boolean, message: string): void => {
    if (!supported) throw new Rejection('NotSupportedByStandIn', message);
  };
  standInOnly(
    version === undefined || version === KAFKA_VERSION,
    `The stand-in runs Kafka ${KAFKA_VERSION} only, not ${version}`,
  );
  standInOnly(
    others.length === 0 &&
      pool.spec.replicas === 1 &&
      ['broker', 'controller'].every((r) => pool.spec.roles.includes(r)),
    'The stand-in runs one node: one KafkaNodePool with replicas 1 and the roles controller and broker',
  );
  standInOnly(
    pool.spec.storage.type !== 'jbod' || pool.spec.storage.volumes?.length === 1,
    `The stand-in gives its node one volume; KafkaNodePool ${pool.metadata.name} asks for ` +
      `${pool.spec.storage.volumes?.length ?? 0}`,
  );
  for (const listener of listeners) {
    standInOnly(
      listener.type === 'internal' && (listener.authentication === undefined || isMutualTls(listener)),
      `The stand-in serves internal listeners: plain, TLS, or TLS with authentication tls; listener ${listener.name} ` +
        'asks for something else',
    );
  }
  standInOnly(
    authorization === undefined || authorization.type === 'simple',
    `The stand-in has authorization simple only, not ${authorization?.type}`,
  );
  for (const authority of ['clusterCa', 'clientsCa'] as const) {
    const { generateCertificateAuthority = true, certificateExpirationPolicy = 'renew-certificate' } =
      kafka.spec[authority] ?? {};
    standInOnly(
      generateCertificateAuthority && certificateExpirationPolicy === 'renew-certificate',
      `The stand-in makes its authorities and renews them with the same key; spec.${authority} asks for something else`,
    );
  }
  return pool;
}

const isMutualTls = ({ tls, authentication }: Listener): boolean => tls && authentication?.type === 'tls';
