import type { Database } from '../postgres/database.ts';
import type { Runtime } from '../runtime/service.ts';
import { createBroker } from './broker.ts';
import type { EventType } from './cloud-event.ts';
import type { EventHandlers } from './handle-message.ts';
import { kafkaEndpoint } from './kafka-endpoint.ts';
import { republishLost } from './lost-records.ts';
import type { Publisher } from './message.ts';
import { countLoss } from './metrics.ts';
import { startRelay } from './relay.ts';

/** A service's connection to Kafka: its publisher, and the starts of its relay and its consumer. */
export interface KafkaConnection {
  readonly publisher: Publisher;
  /**
   * Publishes the outbox of the service's database, and publishes it again for topics that have lost records.
   * @param topics all topics of the outbox
   */
  relay(topics: readonly string[]): Promise<void>;
  /**
   * Joins the service's group. Its handlers keep an inbox in the service's database.
   * @param events all types of events: one in another topic than its own is dead-lettered
   */
  consume(topics: readonly string[], handlers: EventHandlers, events: readonly EventType[]): Promise<void>;
}

/**
 * Connects, and waits for the broker without a limit. Everything stops in order with the service.
 * @param group the consumer group: the deployment's name
 */
export async function connectKafka(
  group: string,
  database: Database,
  {
    config,
    log,
    lifecycle,
    fail,
  }: Pick<Runtime<never>, 'log' | 'lifecycle' | 'fail'> & { readonly config: Parameters<typeof kafkaEndpoint>[0] },
): Promise<KafkaConnection> {
  const broker = createBroker(group, kafkaEndpoint(config), log);
  const publisher = await broker.connectPublisher();
  lifecycle.onShutdown('producer', () => publisher.close());
  return {
    publisher,
    async relay(names) {
      for (const name of names) countLoss(name, 0);
      const topics = await Promise.all(names.map((name) => broker.connectTopic(name)));
      lifecycle.onShutdown('producer', () => Promise.all(topics.map((topic) => topic.close())));
      const check = async () => {
        const missing: string[] = [];
        for (const topic of topics)
          if ((await republishLost(database, topic, { log })) === 'missing') missing.push(topic.name);
        return missing;
      };
      lifecycle.onShutdown('consumers', startRelay(database, publisher, group, log, check));
    },
    async consume(topics, handlers, events) {
      const leave = await broker.consume(topics, { group, handlers, events, publisher, log }, fail);
      lifecycle.onShutdown('consumers', leave);
    },
  };
}
