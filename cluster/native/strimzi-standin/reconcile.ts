import { bootstrapOf, isPaused, type KafkaContext, reconcileKafka } from './kafka/reconcile.ts';
import { clusterOf, type Kafka, type Topic } from './resources.ts';
import { withBroker } from './topic/broker-admin.ts';
import { reconcileTopic } from './topic/reconcile.ts';

/**
 * One pass over the whole namespace. It compares the wanted state with the actual state and takes the next step,
 * without any memory of earlier passes. A resource that fails is logged and does not affect the others. The next pass
 * retries it.
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
    // An unavailable broker is an everyday event whose stack says nothing. Any other error is logged with its stack.
    if (code?.startsWith('PLT_KFK_')) context.log.info({ ...what, reason: message }, 'the broker does not answer yet');
    else context.log.warn({ ...what, err: error }, 'this pass failed; retrying');
    context.onFailure();
  }
}
