import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { Log } from '../observability/log.ts';
import { createBroker } from './broker.ts';
import type { EventHandlers } from './handle-message.ts';
import type { Publisher } from './message.ts';

export interface ReplayOptions {
  readonly brokers: readonly string[];
  /** A consumer group that nobody uses; deleted afterwards. */
  readonly group: string;
  readonly handlers: EventHandlers;
  readonly log: Log;
  /** Called about once a second. @param read messages so far */
  readonly onProgress: (read: number, total: number) => void;
}

export interface Replayed {
  readonly messages: number;
  /** Of them, those that the handlers refused. They are not dead-lettered again: their consumer did that. */
  readonly refused: number;
}

/** The offsets of a partition: its first message, and the one after its last. */
interface Range {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

const pollIntervalMs = 1_000;

/**
 * Handles a topic's messages from its first to its last as of now, as a consumer does; it may go a little further.
 * @throws Error if the consumer stopped permanently; what was handled until then stays handled
 */
export async function replayTopic(topic: string, options: ReplayOptions): Promise<Replayed> {
  const { group, handlers, log, onProgress } = options;
  const brokers = [...options.brokers];
  const admin = new Kafka({ clientId: group, brokers, logLevel: logLevel.ERROR }).admin();
  await admin.connect();
  try {
    const ranges = await readRanges(admin, topic);
    const total = countMessages(ranges);
    if (total === 0) return { messages: 0, refused: 0 };
    let refused = 0;
    const publisher: Publisher = {
      async publish(deadLetters) {
        refused += deadLetters.length;
      },
    };
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const leave = await createBroker(group, brokers, log).consume([topic], { group, handlers, publisher, log }, reject);
    try {
      await Promise.race([stopped, untilRead(() => countRead(admin, group, topic, ranges), total, onProgress)]);
    } finally {
      await leave();
    }
    await admin.deleteGroups([group]);
    return { messages: total, refused };
  } finally {
    await admin.disconnect();
  }
}

async function readRanges(admin: Admin, topic: string): Promise<Range[]> {
  const partitions = await admin.fetchTopicOffsets(topic);
  return partitions.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }));
}

function countMessages(ranges: readonly Range[]): number {
  return Number(ranges.reduce((sum, { low, high }) => sum + high - low, 0n));
}

/** By the offsets that the group has committed, which it does once a message has come to its end. */
async function countRead(admin: Admin, group: string, topic: string, ranges: readonly Range[]): Promise<number> {
  const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const committed = new Map(offsets?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  const read = ranges.map(({ partition, low, high }) => {
    const offset = committed.get(partition) ?? low;
    const until = offset > high ? high : offset;
    return { partition, low, high: until < low ? low : until };
  });
  return countMessages(read);
}

async function untilRead(
  count: () => Promise<number>,
  total: number,
  onProgress: ReplayOptions['onProgress'],
): Promise<void> {
  for (;;) {
    const read = await count();
    onProgress(read, total);
    if (read >= total) return;
    await sleep(pollIntervalMs);
  }
}
