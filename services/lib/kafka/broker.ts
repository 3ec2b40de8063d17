import { setTimeout as sleep } from 'node:timers/promises';
import { type IHeaders, Kafka, logLevel, Partitioners, type RetryOptions } from 'kafkajs';
import type { Log } from '../log/log.ts';
import { type HandlingOptions, handleMessage } from './handle-message.ts';
import type { Publisher } from './message.ts';
import { countSent } from './sent-metrics.ts';

/** The broker as services see it; the only file that knows kafkajs. */
export interface Broker {
  /** Connects a producer, waiting for the broker without a limit. */
  connectPublisher(): Promise<Publisher & { close(): Promise<void> }>;
  /**
   * Reads topics in a consumer group from the first message on. An offset is committed after its message came to an end.
   * @param onFatal the consumer stopped for good: the process should end and be started again
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
 * Joining, rebalancing and fetching are a protocol in which "not now" is a normal answer, and kafkajs gives up on it after
 * its retries. They never repeat a handler: handleMessage decides about that and does not throw. The default back-off, up
 * to 30 s, would leave the group idle long after the broker is back.
 */
const consumerRetry = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 10 } as const satisfies RetryOptions;

/** A pod that died gives its partitions to the others after this time. Tries of a handler are closer together. */
const sessionTimeoutMs = 10_000;
/** How long a fetch may wait for a first message, and so how long leaving the group takes at most. */
const maxFetchWaitMs = 500;

export function createBroker(clientId: string, brokers: string[], log: Log): Broker {
  const connect = (retry: RetryOptions) =>
    new Kafka({ clientId, brokers, retry, logLevel: logLevel.WARN, logCreator: () => toLog(log) });
  return {
    async connectPublisher() {
      const producer = connect(publisherRetry).producer({
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      await untilConnected(() => producer.connect(), log);
      return {
        close: () => producer.disconnect(),
        async publish(messages) {
          const byTopic = Map.groupBy(messages, ({ topic }) => topic);
          const topicMessages = [...byTopic].map(([topic, ofTopic]) => ({
            topic,
            messages: ofTopic.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
          }));
          await producer.sendBatch({ topicMessages, acks: -1 }).then(
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
      const consumer = connect(consumerRetry).consumer({
        groupId: options.group,
        allowAutoTopicCreation: false,
        sessionTimeout: sessionTimeoutMs,
        maxWaitTimeInMs: maxFetchWaitMs,
      });
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) onFatal(payload.error);
      });
      await untilConnected(() => consumer.connect(), log);
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        eachMessage: ({ topic, partition, message, heartbeat }) =>
          handleMessage(
            {
              topic,
              partition,
              offset: message.offset,
              key: message.key?.toString() ?? '',
              value: message.value?.toString() ?? '',
              headers: toStrings(message.headers),
            },
            options,
            heartbeat,
          ),
      });
      return () => consumer.disconnect();
    },
  };
}

async function untilConnected(connect: () => Promise<void>, log: Log): Promise<void> {
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      log.warn({ err: error }, 'waiting for Kafka');
      await sleep(connectPauseMs);
    }
  }
}

/** Of a header given more than once, the last counts. */
function toStrings(headers: IHeaders = {}): Record<string, string> {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name, [value].flat().at(-1)?.toString() ?? ''] as const,
  );
  return Object.fromEntries(entries);
}

/** kafkajs' log lines as ours. */
function toLog(log: Log) {
  return ({ level, log: { message, ...rest } }: { level: logLevel; log: { message: string } }) => {
    const { error, groupId } = rest as { error?: string; groupId?: string };
    log[level === logLevel.ERROR ? 'error' : 'warn']({ error, groupId }, `kafkajs: ${message}`);
  };
}
