import { randomBytes } from 'node:crypto';
import type { V1StatefulSet } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { readMetricsConfig } from '../broker/metrics.ts';
import { names, podNames } from '../broker/names.ts';
import { brokerObjects } from '../broker/objects.ts';
import { REPLICATION_PORT } from '../broker/server-config.ts';
import { type Certificates, ensureBrokerCertificate } from '../certificates/secrets.ts';
import { notReady, Rejection, reconciliationPaused } from '../conditions.ts';
import type { Client } from '../kubernetes/client.ts';
import type { Kafka, NodePool, Secrets } from '../resources.ts';
import { type BrokerAddress, withBroker } from '../topic/broker-admin.ts';
import { poolStatus, readyStatus } from './status.ts';
import { validate } from './validate.ts';

/** What the reconciliation of a Kafka needs. */
export interface KafkaContext {
  readonly client: Client;
  readonly kafkaImage: string;
  readonly log: Logger;
  /** Called if a resource needs another attempt soon. */
  readonly onFailure: () => void;
}

export const isPaused = ({ metadata }: Pick<Kafka, 'metadata'>): boolean =>
  metadata.annotations?.['strimzi.io/pause-reconciliation'] === 'true';

/** The broker of a Kafka, as this program connects to it: where Strimzi's operators do, with a certificate of its own. */
export const brokerOf = ({ metadata }: Kafka, { clusterCa, operator }: Certificates): BrokerAddress => ({
  address: `${names(metadata.name).bootstrapService}.${metadata.namespace}.svc:${REPLICATION_PORT}`,
  tls: { ca: clusterCa.cert, cert: operator.cert, key: operator.key },
});

/**
 * Reconciles one Kafka: applies its objects and, once the broker answers, sets Ready. Until then the status stays as it
 * was. A Kafka that was Ready therefore stays Ready, with its old observedGeneration, while its pod is rolled.
 */
export async function reconcileKafka(
  context: KafkaContext,
  kafka: Kafka,
  pools: readonly NodePool[],
  secrets: Secrets,
  certificates: Certificates,
): Promise<void> {
  const { client, kafkaImage, log } = context;
  const observedGeneration = kafka.metadata.generation ?? 0;
  if (isPaused(kafka)) {
    await client.setStatus('kafkas', kafka, {
      ...kafka.status,
      conditions: [reconciliationPaused()],
      observedGeneration,
    });
    return;
  }
  try {
    const pool = validate(kafka, pools);
    const clusterId = await clusterIdOf(client, kafka, pool);
    const { cert } = await ensureBrokerCertificate(client, kafka, pool.metadata.name, secrets, certificates);
    const { clusterCa, clientsCa } = certificates;
    const certs = [cert, clusterCa.cert, clientsCa.cert];
    const metrics = await readMetricsConfig(client, kafka);
    const objects = brokerObjects(kafka, pool, { clusterId, image: kafkaImage, certificates: certs, metrics });
    for (const object of objects) await client.apply(object);
    await client.setStatus('kafkanodepools', pool, poolStatus(kafka, pool, clusterId));

    const answered = await askBroker(
      context,
      podNames(kafka.metadata.name, pool.metadata.name).podSet,
      brokerOf(kafka, certificates),
    );
    if (answered !== undefined) {
      if (await client.setStatus('kafkas', kafka, readyStatus(kafka, pool, answered, clusterCa.cert))) {
        log.info({ kafka: kafka.metadata.name }, 'Kafka is ready');
      }
      return;
    }
    if (kafka.status?.conditions === undefined) {
      const creating = notReady('Creating', 'Kafka cluster is being deployed');
      await client.setStatus('kafkas', kafka, { ...kafka.status, conditions: [creating], observedGeneration: 0 });
    }
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const conditions = [notReady(error.reason, error.message)];
    if (await client.setStatus('kafkas', kafka, { ...kafka.status, conditions, observedGeneration })) {
      log.warn({ kafka: kafka.metadata.name, reason: error.reason }, error.message);
    }
  }
}

/** The id that the volume was formatted with. If the status was lost, the broker's ConfigMap still has it. */
async function clusterIdOf(client: Client, kafka: Kafka, pool: NodePool): Promise<string> {
  const { pod } = podNames(kafka.metadata.name, pool.metadata.name);
  const known = kafka.status?.clusterId ?? (await client.configValue(pod, 'cluster.id'));
  return known ?? randomBytes(16).toString('base64url');
}

/**
 * The cluster id as the broker reports it; undefined until the newest broker answers. It differs from ours if the
 * volume is older than the Kafka resource.
 */
async function askBroker(
  { client, onFailure }: KafkaContext,
  podSet: string,
  broker: BrokerAddress,
): Promise<string | undefined> {
  if (!isRolledOut(await client.statefulSet(podSet))) return undefined;
  try {
    return await withBroker(broker, (admin) => admin.clusterId());
  } catch {
    // The pod is ready, but the cluster's DNS or service rules lag behind, and no event reports when they are up to
    // date.
    onFailure();
    return undefined;
  }
}

/** Whether the running pod is the newest one, and is ready. */
export const isRolledOut = ({ metadata, status }: V1StatefulSet): boolean =>
  status?.observedGeneration === metadata?.generation &&
  status?.updateRevision === status?.currentRevision &&
  status?.readyReplicas === 1;
