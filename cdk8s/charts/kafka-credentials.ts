import * as kplus from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { KAFKA } from './platform.ts';

/** Where a service finds its certificate and key, and the authority that the brokers' certificates are from. */
export const KAFKA_FILES = {
  KAFKA_CA_FILE: '/etc/kafka/cluster-ca/ca.crt',
  KAFKA_CERT_FILE: '/etc/kafka/user/user.crt',
  KAFKA_KEY_FILE: '/etc/kafka/user/user.key',
} as const;

/** The volume with the certificate of a KafkaUser. Commands have another user's (cluster/operations/job.ts). */
export const USER_VOLUME = 'kafka-user';

/**
 * Mounts what a service needs to connect to Kafka, and no more of the two Secrets. A pod that starts before Strimzi has
 * made them waits.
 */
export function mountKafkaCredentials(scope: Construct, container: kplus.Container, user: string): void {
  const mount = (volume: string, secret: string, folder: string, files: readonly string[]): void => {
    const source = kplus.Secret.fromSecretName(scope, `${volume}-secret`, secret);
    const items = Object.fromEntries(files.map((path) => [path, { path }]));
    container.mount(folder, kplus.Volume.fromSecret(scope, volume, source, { name: volume, items }), {
      readOnly: true,
    });
  };
  mount(USER_VOLUME, user, '/etc/kafka/user', ['user.crt', 'user.key']);
  mount('kafka-cluster-ca', `${KAFKA.cluster}-cluster-ca-cert`, '/etc/kafka/cluster-ca', ['ca.crt']);
}
