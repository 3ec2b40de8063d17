import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { toIncoming } from './consume.ts';
import './kafkajs-workarounds.ts';
import type { IncomingMessage } from './message.ts';

/** The offset after the last message that is to be read, by partition. */
type Ends = Map<number, bigint>;

/** Short, because the messages to read already exist. */
const maxFetchWaitMs = 100;
/** Long enough to join a group while others leave it. Messages that were deleted in the meantime never arrive. */
const maxIdleMs = 30_000;

/**
 * Reads all current messages of a topic, in the order of each partition. Leaves no consumer group behind.
 * @throws Error if there is no such topic, or no broker, or if no message arrives for 30 s before the end is reached
 */
export async function readTopic(brokers: readonly string[], topic: string): Promise<IncomingMessage[]> {
  const kafka = new Kafka({ clientId: 'reader', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = await readEnds(admin, topic);
    return ends.size === 0 ? [] : await readUntil(kafka, admin, topic, ends);
  } finally {
    await admin.disconnect();
  }
}

async function readEnds(admin: Admin, topic: string): Promise<Ends> {
  const offsets = await admin.fetchTopicOffsets(topic);
  const filled = offsets.filter(({ low, high }) => BigInt(high) > BigInt(low));
  return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
}

async function readUntil(kafka: Kafka, admin: Admin, topic: string, ends: Ends): Promise<IncomingMessage[]> {
  const groupId = `reader-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: maxFetchWaitMs });
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  const idling = setTimeout(() => reject(new Error(describeGap(topic, ends))), maxIdleMs);
  const messages: IncomingMessage[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        const { partition } = batch;
        const end = ends.get(partition);
        // Messages after the end are not progress: a busy topic always has some.
        if (end !== undefined) idling.refresh();
        for (const record of batch.messages) {
          if (end !== undefined && BigInt(record.offset) < end) messages.push(toIncoming(topic, partition, record));
          resolveOffset(record.offset);
        }
        if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) ends.delete(partition);
        if (ends.size === 0) resolve();
      },
    });
    await finished;
  } finally {
    clearTimeout(idling);
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
  }
  return messages;
}

function describeGap(topic: string, ends: Ends): string {
  const missing = [...ends].map(([partition, end]) => `partition ${partition}, to offset ${end}`).join('; ');
  const seconds = maxIdleMs / 1_000;
  return `${topic}: no message for ${seconds} s. Not read to the end: ${missing}. Were messages deleted meanwhile?`;
}
