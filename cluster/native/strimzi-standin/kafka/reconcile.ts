import { randomBytes } from 'node:crypto';
import type { V1StatefulSet } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { podNames } from '../broker/names.ts';
import { brokerObjects } from '../broker/objects.ts';
import { notReady, Rejection, reconciliationPaused } from '../conditions.ts';
import type { Client } from '../kubernetes/client.ts';
import type { Kafka, NodePool } from '../resources.ts';
import { withBroker } from '../topic/broker-admin.ts';
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

/** The address of a Kafka's broker for this program: host:port. */
export const bootstrapOf = ({ metadata, spec }: Kafka): string =>
  `${metadata.name}-kafka-bootstrap.${metadata.namespace}.svc:${spec.kafka.listeners[0]?.port ?? 9092}`;

/**
 * Reconciles one Kafka: applies its objects and, once the broker answers, sets Ready. Until then the status stays as it
 * was. A Kafka that was Ready therefore stays Ready, with its old observedGeneration, while its pod is rolled.
 */
export async function reconcileKafka(context: KafkaContext, kafka: Kafka, pools: readonly NodePool[]): Promise<void> {
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
    for (const object of brokerObjects(kafka, pool, clusterId, kafkaImage)) await client.apply(object);
    await client.setStatus('kafkanodepools', pool, poolStatus(kafka, pool, clusterId));

    const answered = await askBroker(context, kafka, pool);
    if (answered !== undefined) {
      if (await client.setStatus('kafkas', kafka, readyStatus(kafka, pool, answered))) {
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
  kafka: Kafka,
  pool: NodePool,
): Promise<string | undefined> {
  const { podSet } = podNames(kafka.metadata.name, pool.metadata.name);
  if (!isRolledOut(await client.statefulSet(podSet))) return undefined;
  try {
    return await withBroker(bootstrapOf(kafka), (admin) => admin.clusterId());
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
