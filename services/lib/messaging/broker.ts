import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaConfig, logLevel, Partitioners, type RetryOptions } from 'kafkajs';
import type { Log } from '../observability/log.ts';
import { describeError } from '../observability/serialize-error.ts';
import { waitFor } from '../runtime/lifecycle.ts';
import { runConsumer } from './consume.ts';
import type { HandlingOptions } from './handle-message.ts';
import { type KafkaEndpoint, newClient } from './kafka-endpoint.ts';
import { isMissingTopic, isTooLarge, reconnecting } from './kafkajs-workarounds.ts';
import type { Topic } from './lost-records.ts';
import { type Publisher, TooLargeForBroker } from './message.ts';
import { countSent } from './metrics.ts';

/** The broker as services see it. */
export interface Broker {
  /** Connects a producer, waiting for the broker without a limit. */
  connectPublisher(): Promise<Publisher & { close(): Promise<void> }>;
  /** Connects a client that looks at a topic, waiting for the broker without a limit. */
  connectTopic(name: string): Promise<Topic & { close(): Promise<void> }>;
  /**
   * Reads topics in a consumer group, beginning with the first message. An offset is committed after its message is
   * finished.
   * @param onFatal the consumer stopped permanently: the process should end and be restarted
   * @returns leaves the group after the message in hand
   */
  consume(
    topics: readonly string[],
    options: HandlingOptions,
    onFatal: (error: Error) => void,
  ): Promise<() => Promise<void>>;
}

const connectPauseMs = 1_000;

/** No retries: the outbox relay and the redelivery of postponed messages set their own pace. */
const publisherRetry = { retries: 0 } as const satisfies RetryOptions;

/**
 * The relay publishes in a transaction, which holds its partitions of the outbox. Postgres ends a transaction that is
 * idle for 5 s, and another relay takes the partitions. A request without an answer must fail here before that.
 */
const publisherRequestTimeoutMs = 4_000;

/**
 * kafkajs needs retries to join, rebalance and fetch: in that protocol "not now" is a normal answer. These retries
 * never repeat a handler (see consume.ts). The default back-off, up to 30 s, would leave the group idle long after the
 * broker is back.
 */
const consumerRetry = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 10 } as const satisfies RetryOptions;

/** After this time the partitions of a dead or frozen pod go to the other members. */
const sessionTimeoutMs = 10_000;
/** How soon a member learns that another one joined or left. */
const heartbeatIntervalMs = 1_000;
/** How long a fetch may wait for a first message. Leaving the group takes at most this long. */
const maxFetchWaitMs = 500;

export function createBroker(clientId: string, kafka: KafkaEndpoint, log: Log): Broker {
  const connect = (options: Pick<KafkaConfig, 'retry' | 'requestTimeout'>) =>
    newClient(kafka, { clientId, ...options, logLevel: logLevel.WARN, logCreator: () => toLog(log) });
  return {
    async connectPublisher() {
      const newProducer = () =>
        connect({ retry: publisherRetry, requestTimeout: publisherRequestTimeoutMs }).producer({
          allowAutoTopicCreation: false,
          createPartitioner: Partitioners.DefaultPartitioner,
        });
      // A new one for each connection: kafkajs asks about all topics that a producer has ever sent to, and fails if one of
      // them is missing now.
      let producer = newProducer();
      await untilConnected(() => producer.connect(), log);
      const connection = {
        disconnect: () => producer.disconnect(),
        connect() {
          producer = newProducer();
          return producer.connect();
        },
      };
      const overConnection = reconnecting(connection, isTooLarge);
      return {
        close: () => producer.disconnect(),
        async publish(messages) {
          const byTopic = Map.groupBy(messages, ({ topic }) => topic);
          const topicMessages = [...byTopic].map(([topic, ofTopic]) => ({
            topic,
            messages: ofTopic.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
          }));
          await overConnection(() => producer.sendBatch({ topicMessages, acks: -1 })).then(
            () => countSent(topicMessages),
            (error: unknown) => {
              countSent(topicMessages, error);
              throw isTooLarge(error) ? new TooLargeForBroker(describeError(error)) : error;
            },
          );
        },
      };
    },
    // A client for each: kafkajs asks about all topics of a client at once, and takes one that is missing for all.
    async connectTopic(name) {
      const admin = connect({ retry: publisherRetry, requestTimeout: publisherRequestTimeoutMs }).admin();
      await untilConnected(() => admin.connect(), log);
      const overConnection = reconnecting(admin);
      return {
        name,
        close: () => admin.disconnect(),
        async readEnds() {
          try {
            const offsets = await overConnection(() => admin.fetchTopicOffsets(name));
            return offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => BigInt(high));
          } catch (error) {
            if (isMissingTopic(error)) return undefined;
            throw error;
          }
        },
      };
    },
    async consume(topics, options, onFatal) {
      const consumer = connect({ retry: consumerRetry }).consumer({
        groupId: options.group,
        allowAutoTopicCreation: false,
        sessionTimeout: sessionTimeoutMs,
        heartbeatInterval: heartbeatIntervalMs,
        maxWaitTimeInMs: maxFetchWaitMs,
      });
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) onFatal(payload.error);
      });
      await untilConnected(async () => {
        await consumer.connect();
        await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      }, log);
      return runConsumer(consumer, options);
    },
  };
}

function untilConnected(connect: () => Promise<void>, log: Log): Promise<void> {
  return waitFor('Kafka', async () => {
    for (;;) {
      try {
        return await connect();
      } catch (error) {
        log.warn({ err: error }, 'waiting for Kafka');
        await sleep(connectPauseMs);
      }
    }
  });
}

/** Converts kafkajs' log lines. */
function toLog(log: Log) {
  return ({ level, log: { message, ...rest } }: { level: logLevel; log: { message: string } }) => {
    const { error, groupId } = rest as { error?: string; groupId?: string };
    log[level === logLevel.ERROR ? 'error' : 'warn']({ error, groupId }, `kafkajs: ${message}`);
  };
}
