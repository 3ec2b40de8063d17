import type { Consumer, EachBatchHandler, IHeaders } from 'kafkajs';
import { backOffMs } from '../runtime/timing.ts';
import { type HandlingOptions, handleMessage } from './handle-message.ts';
import type { IncomingMessage } from './message.ts';
import { LagGauge } from './metrics.ts';
import type { ReadRecord } from './unreadable-batches.ts';

/** The pause of a partition whose message was postponed. */
const postponedPause = { firstMs: 200, maxMs: 5_000 };
/**
 * Well below the session timeout: while a handler waits for its database, the group must not consider the member dead.
 */
const heartbeatIntervalMs = 2_000;
/** How many partitions are handled concurrently. */
const partitionsAtOnce = 8;

/**
 * Handles the messages of each partition one after the other. If a message is postponed, its partition is paused and
 * later read again from that message; kafkajs continues with the others. kafkajs never sees an error of a handler: it
 * would repeat the whole batch, and finally restart.
 */
export async function runConsumer(consumer: Consumer, options: HandlingOptions): Promise<() => Promise<void>> {
  const lag = new LagGauge(options.group);
  const stopLag = lag.start();
  let generation = 0;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    generation += 1;
    lag.clear();
  });
  const postponements = new Map<string, number>();

  const eachBatch: EachBatchHandler = async (payload) => {
    const { batch, pause, resolveOffset, heartbeat, commitOffsetsIfNecessary, uncommittedOffsets } = payload;
    const { topic, partition } = batch;
    const joined = generation;
    // kafkajs would apply the end of an old batch to the partitions that this member has now.
    const isOurs = () => generation === joined && !payload.isStale();
    const beating = setInterval(() => void heartbeat().catch(() => undefined), heartbeatIntervalMs);
    try {
      for (const record of batch.messages) {
        if (!isOurs() || !payload.isRunning()) return;
        lag.set(batch, batch.highWatermark, BigInt(record.offset));
        const message = toIncoming(topic, partition, record);
        const position = `${topic}/${partition}/${record.offset}`;
        const before = postponements.get(position) ?? 0;
        const ending = await handleMessage(message, options, before);
        if (!isOurs()) return;
        if (ending.kind === 'postponed') {
          const pauseMs = backOffMs(postponedPause, before + 1);
          options.log.warn(
            { topic, partition, offset: record.offset, pauseMs, reason: ending.reason },
            'event postponed',
          );
          postponements.set(position, before + 1);
          setTimeout(pause(), pauseMs).unref();
          return;
        }
        postponements.delete(position);
        resolveOffset(record.offset);
        lag.set(batch, batch.highWatermark, BigInt(record.offset) + 1n);
        // After a dead-letter message, commit at once: a consumer that dies before the commit would publish it again.
        await commitOffsetsIfNecessary(ending.kind === 'dead-lettered' ? uncommittedOffsets() : undefined);
        await heartbeat();
      }
    } finally {
      clearInterval(beating);
    }
  };

  await consumer.run({
    eachBatch,
    eachBatchAutoResolve: false,
    autoCommitInterval: 1_000,
    partitionsConsumedConcurrently: partitionsAtOnce,
  });
  return async () => {
    await consumer.disconnect();
    stopLag();
  };
}

export function toIncoming(topic: string, partition: number, record: ReadRecord): IncomingMessage {
  const { offset, key, value, headers, unreadable } = record;
  return { topic, partition, offset, key, value, headers: toStrings(headers), unreadable };
}

function toStrings(headers: IHeaders = {}): Record<string, string> {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name, [value].flat().at(-1)?.toString() ?? ''] as const,
  );
  return Object.fromEntries(entries);
}
