import { randomUUID } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { withAdmin } from './kafka-client.ts';

/** Offsets by topic and partition. */
export type Offsets = Readonly<Record<string, readonly PartitionOffset[]>>;

interface PartitionOffset {
  readonly partition: number;
  readonly offset: bigint;
}

/** A record with its topic, partition and offset. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** The first offset of every topic of Windlass, and the offset of its next record. */
export function readBounds(kafka: Kafka): Promise<{ readonly first: Offsets; readonly end: Offsets }> {
  return withAdmin(kafka, async (admin) => {
    const topics = (await admin.listTopics()).filter((name) => !name.startsWith('__'));
    const bounds = await Promise.all(
      topics.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic)] as const),
    );
    const pick = (which: 'low' | 'high'): Offsets =>
      Object.fromEntries(
        bounds.map(([topic, partitions]) => [
          topic,
          partitions
            .map((each) => ({ partition: each.partition, offset: BigInt(each[which]) }))
            .toSorted((left, right) => left.partition - right.partition),
        ]),
      );
    return { first: pick('low'), end: pick('high') };
  });
}

const patienceMs = 120_000;

/**
 * Reads all records of all topics from the given offsets to the current ends, in the order of each partition. It reads
 * a topic without a given offset from its beginning.
 *
 * @param since when the offsets were read: a topic that was deleted and created again since then is read from its
 *   beginning
 */
export async function readRecords(kafka: Kafka, from: Offsets, since: Date): Promise<readonly TopicRecord[]> {
  const { first, end } = await readBounds(kafka);
  const newSince = await firstSince(kafka, Object.keys(end), since);
  const startOf = (topic: string, partition: number): bigint => {
    const lowest = offsetOf(first, topic, partition) ?? 0n;
    const wanted = offsetOf(from, topic, partition) ?? lowest;
    const newest = offsetOf(newSince, topic, partition) ?? wanted;
    const start = newest < wanted ? newest : wanted;
    return start > lowest ? start : lowest;
  };
  const pending = new Map(
    Object.entries(end)
      .flatMap(([topic, partitions]) => partitions.map(({ partition, offset }) => ({ topic, partition, end: offset })))
      .map((part) => ({ ...part, start: startOf(part.topic, part.partition) }))
      .filter(({ start, end: last }) => start < last)
      .map((part) => [`${part.topic}/${part.partition}`, part] as const),
  );
  if (pending.size === 0) return [];

  const starts = [...pending.values()];
  const records: TopicRecord[] = [];
  const groupId = `k8s-tests-reader-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 200 });
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(
    () => reject(new Error(`not read to the end in ${patienceMs} ms: ${[...pending.keys()].join(', ')}`)),
    patienceMs,
  );
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(starts.map(({ topic }) => topic))], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const part = pending.get(`${batch.topic}/${batch.partition}`);
        if (part === undefined) return;
        for (const message of batch.messages) {
          const offset = BigInt(message.offset);
          if (offset < part.start || offset >= part.end) continue;
          records.push({ topic: batch.topic, partition: batch.partition, message });
        }
        if (BigInt(batch.lastOffset()) + 1n < part.end) return;
        pending.delete(`${batch.topic}/${batch.partition}`);
        if (pending.size === 0) resolve();
      },
    });
    for (const { topic, partition, start } of starts) consumer.seek({ topic, partition, offset: String(start) });
    await finished;
  } finally {
    clearTimeout(late);
    await consumer.disconnect();
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
  }
  return records;
}

/** The first offset of each partition whose record is not older. */
function firstSince(kafka: Kafka, topics: readonly string[], since: Date): Promise<Offsets> {
  return withAdmin(kafka, async (admin) => {
    const found = topics.map(async (topic) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime());
      return [topic, offsets.map(({ partition, offset }) => ({ partition, offset: BigInt(offset) }))] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  });
}

function offsetOf(offsets: Offsets, topic: string, partition: number): bigint | undefined {
  return offsets[topic]?.find((each) => each.partition === partition)?.offset;
}
