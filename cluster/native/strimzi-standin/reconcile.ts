import { ensureAuthorities } from './certificates/secrets.ts';
import { brokerOf, isPaused, type KafkaContext, reconcileKafka } from './kafka/reconcile.ts';
import { clusterOf, type Kafka, type Topic, type User } from './resources.ts';
import { type BrokerAddress, withBroker } from './topic/broker-admin.ts';
import { reconcileTopic } from './topic/reconcile.ts';
import { reconcileAcls, reconcileUserSecrets } from './user/reconcile.ts';

/**
 * One pass over the whole namespace. It compares the wanted state with the actual state and takes the next step,
 * without any memory of earlier passes. A resource that fails is logged and does not affect the others. The next pass
 * retries it.
 */
export async function reconcile(context: KafkaContext): Promise<void> {
  const { client } = context;
  const [kafkas, pools, topics, users] = await Promise.all([
    client.kafkas(),
    client.pools(),
    client.topics(),
    client.users(),
  ]);
  for (const kafka of kafkas) {
    const { name, deletionTimestamp } = kafka.metadata;
    if (deletionTimestamp !== undefined) continue;
    const ofKafka = <R extends Parameters<typeof clusterOf>[0]>(all: readonly R[]) =>
      all.filter((resource) => clusterOf(resource) === name);
    await guarded(context, { kafka: name }, async () => {
      const secrets = await client.secrets(name);
      const certificates = await ensureAuthorities(client, kafka, secrets);
      const ownUsers = kafka.spec.entityOperator?.userOperator === undefined ? [] : ofKafka(users);
      const accepted = isPaused(kafka)
        ? []
        : await reconcileUserSecrets(context, kafka, ownUsers, secrets, certificates);
      await reconcileKafka(context, kafka, ofKafka(pools), secrets, certificates);
      if (isPaused(kafka)) return;
      const broker = brokerOf(kafka, certificates);
      await reconcileInBroker(context, kafka, broker, { topics: ofKafka(topics), accepted, users: ownUsers });
    });
  }
}

interface InBroker {
  readonly topics: readonly Topic[];
  readonly users: readonly User[];
  /** The users whose ACLs are to be as their resources say. */
  readonly accepted: readonly User[];
}

async function reconcileInBroker(
  context: KafkaContext,
  kafka: Kafka,
  broker: BrokerAddress,
  { topics, accepted, users }: InBroker,
): Promise<void> {
  try {
    await withBroker(broker, async (admin) => {
      for (const topic of topics) {
        await guarded(context, { topic: topic.metadata.name }, () =>
          reconcileTopic(context.client, admin, topic, topics, context.log),
        );
      }
      await guarded(context, { kafka: kafka.metadata.name }, () =>
        reconcileAcls(context, kafka, admin, accepted, users),
      );
    });
  } catch (error) {
    context.log.info({ broker: broker.address, reason: (error as Error).message }, 'the broker does not answer yet');
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
