import { randomUUID } from 'node:crypto';
import { type Admin, type EachBatchHandler, type Kafka, logLevel } from 'kafkajs';
import { toIncoming } from './consume.ts';
import { type KafkaEndpoint, newClient } from './kafka-endpoint.ts';
import './kafkajs-workarounds.ts';
import type { IncomingMessage } from './message.ts';

/** The offset after the last message that is to be read, by partition. */
type Ends = Map<number, bigint>;

/** Short, because the messages to read already exist. */
const maxFetchWaitMs = 100;
/** A broker sends at least one batch, even if it is larger. */
const maxFetchBytes = 1024 * 1024;
/** Long enough to join a group while others leave it. Messages that were deleted in the meantime never arrive. */
const maxIdleMs = 30_000;

/** May take its time: the next message is read afterwards. What it throws ends the reading. */
export type Visit = (message: IncomingMessage) => Promise<void> | void;

/** Reads all current messages of a topic into memory, as `visitTopic` does. For topics that are known to be small. */
export async function readTopic(kafka: KafkaEndpoint, topic: string): Promise<IncomingMessage[]> {
  const messages: IncomingMessage[] = [];
  await visitTopic(kafka, topic, (message) => void messages.push(message));
  return messages;
}

/**
 * Reads all current messages of a topic one after the other, in the order of each partition, and keeps at most one
 * fetch of them in memory. Leaves no consumer group behind.
 * @throws Error if there is no such topic, or no broker, or if no message arrives for 30 s before the end is reached
 */
export async function visitTopic(endpoint: KafkaEndpoint, topic: string, visit: Visit): Promise<void> {
  const kafka = newClient(endpoint, { clientId: 'reader', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = await readEnds(admin, topic);
    if (ends.size > 0) await visitUntil(kafka, admin, topic, ends, visit);
  } finally {
    await admin.disconnect();
  }
}

async function readEnds(admin: Admin, topic: string): Promise<Ends> {
  const offsets = await admin.fetchTopicOffsets(topic);
  const filled = offsets.filter(({ low, high }) => BigInt(high) > BigInt(low));
  return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
}

async function visitUntil(kafka: Kafka, admin: Admin, topic: string, ends: Ends, visit: Visit): Promise<void> {
  const groupId = `reader-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: maxFetchWaitMs, maxBytes: maxFetchBytes });
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  // kafkajs restarts after an error that may pass, such as a coordinator that is still loading.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) reject(payload.error);
  });
  const idling = setTimeout(() => reject(new Error(describeGap(topic, ends))), maxIdleMs);
  /** After a rebalance, the group begins again with the first message. */
  const visited = new Map<number, bigint>();
  const eachBatch: EachBatchHandler = async ({ batch, resolveOffset, heartbeat }) => {
    const { partition } = batch;
    const end = ends.get(partition);
    for (const record of batch.messages) {
      const offset = BigInt(record.offset);
      // Messages after the end are not progress: a busy topic always has some.
      if (end !== undefined) idling.refresh();
      if (end !== undefined && offset < end && offset > (visited.get(partition) ?? -1n)) {
        await visit(toIncoming(topic, partition, record));
        visited.set(partition, offset);
        await heartbeat();
      }
      resolveOffset(record.offset);
    }
    if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) ends.delete(partition);
    if (ends.size === 0) resolve();
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    // kafkajs would repeat a batch whose visit has failed.
    await consumer.run({ autoCommit: false, eachBatch: (payload) => eachBatch(payload).catch(reject) });
    await finished;
  } finally {
    clearTimeout(idling);
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
  }
}

function describeGap(topic: string, ends: Ends): string {
  const missing = [...ends].map(([partition, end]) => `partition ${partition}, to offset ${end}`).join('; ');
  const seconds = maxIdleMs / 1_000;
  return `${topic}: no message for ${seconds} s. Not read to the end: ${missing}. Were messages deleted meanwhile?`;
}
