import { bootstrapOf, isPaused, type KafkaContext, reconcileKafka } from './kafka/reconcile.ts';
import { clusterOf, type Kafka, type Topic } from './resources.ts';
import { withBroker } from './topic/broker-admin.ts';
import { reconcileTopic } from './topic/reconcile.ts';

/**
 * One pass over all of the namespace: from what is wanted and what is there to the next step, with no memory of earlier
 * passes. One resource's failure is logged and leaves the others alone; the next pass tries it again.
 */
export async function reconcile(context: KafkaContext): Promise<void> {
  const { client } = context;
  const [kafkas, pools, topics] = await Promise.all([client.kafkas(), client.pools(), client.topics()]);
  for (const kafka of kafkas) {
    const { name, deletionTimestamp } = kafka.metadata;
    if (deletionTimestamp !== undefined) continue;
    const own = pools.filter((pool) => clusterOf(pool) === name);
    await guarded(context, { kafka: name }, () => reconcileKafka(context, kafka, own));
    const ownTopics = topics.filter((topic) => clusterOf(topic) === name);
    if (!isPaused(kafka) && ownTopics.length > 0) await reconcileTopics(context, kafka, ownTopics);
  }
}

async function reconcileTopics(context: KafkaContext, kafka: Kafka, topics: readonly Topic[]): Promise<void> {
  const broker = bootstrapOf(kafka);
  try {
    await withBroker(broker, async (admin) => {
      for (const topic of topics) {
        await guarded(context, { topic: topic.metadata.name }, () =>
          reconcileTopic(context.client, admin, topic, topics, context.log),
        );
      }
    });
  } catch (error) {
    context.log.info({ broker, reason: (error as Error).message }, 'the broker does not answer yet');
  }
}

async function guarded(context: KafkaContext, what: object, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    // A broker that is away is an everyday event, and its stack says nothing. Other errors are not.
    if (code?.startsWith('PLT_KFK_')) context.log.info({ ...what, reason: message }, 'the broker does not answer yet');
    else context.log.warn({ ...what, err: error }, 'this pass failed; trying again');
    context.onFailure();
  }
}
