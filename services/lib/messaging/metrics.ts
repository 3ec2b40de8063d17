import { type BatchObservableResult, metrics } from '@opentelemetry/api';
import type { Queryable } from '../postgres/database.ts';
import type { DeadLetterCause } from './dead-letter.ts';
import type { IncomingMessage } from './message.ts';

/** The metrics of consumers, publishers and the outbox, by OpenTelemetry's names where it defines some. */
const meter = metrics.getMeter('windlass');
const duration = meter.createHistogram('messaging.process.duration', { unit: 's' });
const consumed = meter.createCounter('messaging.client.consumed.messages');
const timeInQueue = meter.createHistogram('windlass.message.time_in_queue', { unit: 's' });
const redeliveries = meter.createCounter('windlass.message.redeliveries');
const deadLetters = meter.createCounter('windlass.dead_letters');
const topicLosses = meter.createCounter('windlass.topic.losses', {
  unit: '{loss}',
  description: 'How often a topic has lost records, after which its events are published again',
});
const lagGauge = meter.createObservableGauge('kafka.consumer_group.lag');

type Place = Pick<IncomingMessage, 'topic' | 'partition'>;

const attributesOf = ({ topic }: Place, group: string) => ({
  'messaging.system': 'kafka',
  'messaging.destination.name': topic,
  'messaging.consumer.group.name': group,
});

/** @param errorType why the message was not handled; undefined if it was */
export function recordHandling(place: Place, group: string, durationMs: number, errorType: string | undefined): void {
  const attributes = { ...attributesOf(place, group), ...(errorType !== undefined && { 'error.type': errorType }) };
  duration.record(durationMs / 1_000, attributes);
  consumed.add(1, attributes);
}

/** @param queuedMs from the event's time to its first handling; negative if clocks differ */
export function recordTimeInQueue(place: Place, group: string, queuedMs: number): void {
  timeInQueue.record(Math.max(0, queuedMs) / 1_000, attributesOf(place, group));
}

/** Counts an attempt after the first. */
export function countRedelivery(place: Place, group: string): void {
  redeliveries.add(1, attributesOf(place, group));
}

export function countDeadLetter(group: string, cause: DeadLetterCause): void {
  deadLetters.add(1, { 'messaging.consumer.group.name': group, cause });
}

/** @param losses 0 lets the series begin, so that a later loss is seen as an increase */
export function countLoss(topic: string, losses: 0 | 1 = 1): void {
  topicLosses.add(losses, { 'messaging.system': 'kafka', 'messaging.destination.name': topic });
}

/** How many messages of its partitions a group member has not handled yet, as of its last read. */
export class LagGauge {
  readonly #group: string;
  readonly #lags = new Map<string, { readonly place: Place; readonly lag: number }>();

  constructor(group: string) {
    this.#group = group;
  }

  /** @returns stops reporting */
  start(): () => void {
    const report: Parameters<typeof lagGauge.addCallback>[0] = (result) => {
      for (const { place, lag } of this.#lags.values()) {
        result.observe(lag, {
          ...attributesOf(place, this.#group),
          'messaging.destination.partition.id': String(place.partition),
        });
      }
    };
    lagGauge.addCallback(report);
    return () => lagGauge.removeCallback(report);
  }

  /** @param highWatermark the offset that the next message of the partition will have */
  set(place: Place, highWatermark: string, nextOffset: bigint): void {
    const lag = BigInt(highWatermark) - nextOffset;
    this.#lags.set(`${place.topic}/${place.partition}`, { place, lag: Number(lag > 0n ? lag : 0n) });
  }

  /** After a rebalance, each consumer reports its own partitions only. */
  clear(): void {
    this.#lags.clear();
  }
}

/**
 * Counts messages by topic.
 * @param error the failure of the send; undefined if Kafka acknowledged it
 */
export function countSent(sent: readonly { topic: string; messages: readonly unknown[] }[], error?: unknown): void {
  const counter = meter.createCounter('messaging.client.sent.messages', {
    unit: '{message}',
    description: 'Messages given to Kafka',
  });
  for (const { topic, messages } of sent) {
    counter.add(messages.length, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.destination.name': topic,
      ...(error !== undefined && { 'error.type': error instanceof Error ? error.name : 'Error' }),
    });
  }
}

/**
 * Reports how many events wait in the outbox, and the age of the oldest. The database is read on each scrape; while it
 * does not answer, nothing is reported.
 * @returns stops reporting
 */
export function reportOutbox(database: Queryable): () => void {
  const depth = meter.createObservableGauge('windlass.outbox.depth', {
    unit: '{event}',
    description: 'Events that are not yet published',
  });
  const age = meter.createObservableGauge('windlass.outbox.age', {
    unit: 's',
    description: 'Age of the oldest event that is not yet published; 0 if none waits',
  });
  const observe = async (result: BatchObservableResult) => {
    const waiting = await readWaiting(database).catch(() => undefined);
    if (waiting === undefined) return;
    result.observe(depth, waiting.depth);
    result.observe(age, waiting.ageSeconds);
  };
  meter.addBatchObservableCallback(observe, [depth, age]);
  return () => meter.removeBatchObservableCallback(observe, [depth, age]);
}

async function readWaiting(database: Queryable): Promise<{ depth: number; ageSeconds: number } | undefined> {
  const { rows } = await database.query<{ depth: number; ageSeconds: number }>(
    `SELECT count(*)::int AS depth,
      coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 AS "ageSeconds"
    FROM outbox WHERE published_at IS NULL`,
  );
  return rows[0];
}
