import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, type KafkaConfig, logLevel, Partitioners, type RetryOptions } from 'kafkajs';
import type { Log } from '../observability/log.ts';
import { waitFor } from '../runtime/lifecycle.ts';
import { runConsumer } from './consume.ts';
import type { HandlingOptions } from './handle-message.ts';
import type { Publisher } from './message.ts';
import './kafkajs-workarounds.ts';
import { reconnecting } from './kafkajs-workarounds.ts';
import { countSent } from './metrics.ts';

/** The broker as services see it. */
export interface Broker {
  /** Connects a producer, waiting for the broker without a limit. */
  connectPublisher(): Promise<Publisher & { close(): Promise<void> }>;
  /**
   * Reads topics in a consumer group from the first message on. An offset is committed after its message came to an end.
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

/** None: the outbox relay and the redelivery of what could not be dead-lettered are ours to pace. */
const publisherRetry = { retries: 0 } as const satisfies RetryOptions;

/**
 * The relay publishes in a transaction, which holds its lanes. Postgres ends one that is idle for 5 s, and another relay
 * takes the lanes: by then a request that has no answer is to have failed here, and its batch with it.
 */
const publisherRequestTimeoutMs = 4_000;

/**
 * Joining, rebalancing and fetching are a protocol in which "not now" is a normal answer, and kafkajs gives up on it after
 * its retries. They never repeat a handler (see consume.ts). The default back-off, up to 30 s, would leave the group idle
 * long after the broker is back.
 */
const consumerRetry = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 10 } as const satisfies RetryOptions;

/** A pod that died or froze gives its partitions to the others after this time. */
const sessionTimeoutMs = 10_000;
/** How soon a member hears that another came or left. */
const heartbeatIntervalMs = 1_000;
/** How long a fetch may wait for a first message, and so how long leaving the group takes at most. */
const maxFetchWaitMs = 500;

export function createBroker(clientId: string, brokers: string[], log: Log): Broker {
  const connect = (options: Pick<KafkaConfig, 'retry' | 'requestTimeout'>) =>
    new Kafka({ clientId, brokers, ...options, logLevel: logLevel.WARN, logCreator: () => toLog(log) });
  return {
    async connectPublisher() {
      const producer = connect({ retry: publisherRetry, requestTimeout: publisherRequestTimeoutMs }).producer({
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      await untilConnected(() => producer.connect(), log);
      const overConnection = reconnecting(producer);
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
              throw error;
            },
          );
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

/** kafkajs' log lines as ours. */
function toLog(log: Log) {
  return ({ level, log: { message, ...rest } }: { level: logLevel; log: { message: string } }) => {
    const { error, groupId } = rest as { error?: string; groupId?: string };
    log[level === logLevel.ERROR ? 'error' : 'warn']({ error, groupId }, `kafkajs: ${message}`);
  };
}
