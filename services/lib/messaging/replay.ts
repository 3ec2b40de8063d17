import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, logLevel } from 'kafkajs';
import type { Log } from '../observability/log.ts';
import { createBroker } from './broker.ts';
import type { EventType } from './cloud-event.ts';
import type { EventHandlers } from './handle-message.ts';
import { type KafkaEndpoint, newClient } from './kafka-endpoint.ts';
import type { Publisher } from './message.ts';

export interface ReplayOptions {
  readonly kafka: KafkaEndpoint;
  /** An unused consumer group, which is deleted afterwards. */
  readonly group: string;
  readonly handlers: EventHandlers;
  /** All types of events, as a consumer knows them. */
  readonly events: readonly EventType[];
  readonly log: Log;
  /**
   * Called about once a second.
   * @param read the number of messages read so far
   */
  readonly onProgress: (read: number, total: number) => void;
}

export interface Replayed {
  readonly messages: number;
  /**
   * The messages that the handlers rejected. Nothing dead-letters them again: their consumer has done that already.
   */
  readonly rejected: number;
}

/** The offsets of a partition: its first message, and the one after its last. */
interface Range {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

const pollIntervalMs = 1_000;

/**
 * Handles all current messages of a topic in the way a consumer does. It may also handle some messages that arrive
 * later.
 * @throws Error if the consumer stopped permanently; messages that were handled until then stay handled
 */
export async function replayTopic(topic: string, options: ReplayOptions): Promise<Replayed> {
  const { kafka, group, handlers, events, log, onProgress } = options;
  const admin = newClient(kafka, { clientId: group, logLevel: logLevel.ERROR }).admin();
  await admin.connect();
  try {
    const ranges = await readRanges(admin, topic);
    const total = countMessages(ranges);
    if (total === 0) return { messages: 0, rejected: 0 };
    let rejected = 0;
    const publisher: Publisher = {
      async publish(deadLetters) {
        rejected += deadLetters.length;
      },
    };
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const broker = createBroker(group, kafka, log);
    const leave = await broker.consume([topic], { group, handlers, events, publisher, log }, reject);
    try {
      await Promise.race([stopped, untilRead(() => countRead(admin, group, topic, ranges), total, onProgress)]);
    } finally {
      await leave();
    }
    await admin.deleteGroups([group]);
    return { messages: total, rejected };
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

/** Counts by the offsets that the group has committed. It commits an offset after its message is handled. */
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
