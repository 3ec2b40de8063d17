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

/** What a pass over a Kafka needs. */
export interface KafkaContext {
  readonly client: Client;
  readonly kafkaImage: string;
  readonly log: Logger;
  /** Called when a resource has to be tried again soon. */
  readonly onFailure: () => void;
}

export const isPaused = ({ metadata }: Pick<Kafka, 'metadata'>): boolean =>
  metadata.annotations?.['strimzi.io/pause-reconciliation'] === 'true';

/** Where a Kafka's broker listens for this program. */
export const bootstrapOf = ({ metadata, spec }: Kafka): string =>
  `${metadata.name}-kafka-bootstrap.${metadata.namespace}.svc:${spec.kafka.listeners[0]?.port ?? 9092}`;

/**
 * Brings one Kafka a step further: applies its objects and, once the broker answers, says Ready. Until then a status
 * stays as it was: a Kafka that has been Ready says so, with its old observedGeneration, while its pod is rolled.
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

/** The id that the volume was formatted with outlives a lost status: it is in the broker's ConfigMap, too. */
async function clusterIdOf(client: Client, kafka: Kafka, pool: NodePool): Promise<string> {
  const { pod } = podNames(kafka.metadata.name, pool.metadata.name);
  const known = kafka.status?.clusterId ?? (await client.configValue(pod, 'cluster.id'));
  return known ?? randomBytes(16).toString('base64url');
}

/**
 * The cluster id that the broker itself gives, undefined until the newest one answers. It is another than ours where the
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
    // The pod is ready, but the cluster's DNS or service rules lag behind: no event will tell when they have caught up.
    onFailure();
    return undefined;
  }
}

/** Whether the newest pod is the one that runs, and is ready. */
export const isRolledOut = ({ metadata, status }: V1StatefulSet): boolean =>
  status?.observedGeneration === metadata?.generation &&
  status?.updateRevision === status?.currentRevision &&
  status?.readyReplicas === 1;
