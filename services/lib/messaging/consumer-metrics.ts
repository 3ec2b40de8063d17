import { metrics } from '@opentelemetry/api';
import type { DeadLetterCause } from './dead-letter.ts';
import type { IncomingMessage } from './message.ts';

/** What a consumer tells of itself, by OpenTelemetry's names where it has some. */
const meter = metrics.getMeter('windlass');
const duration = meter.createHistogram('messaging.process.duration', { unit: 's' });
const consumed = meter.createCounter('messaging.client.consumed.messages');
const timeInQueue = meter.createHistogram('windlass.message.time_in_queue', { unit: 's' });
const redeliveries = meter.createCounter('windlass.message.redeliveries');
const deadLetters = meter.createCounter('windlass.dead_letters');
const lagGauge = meter.createObservableGauge('kafka.consumer_group.lag');

type Place = Pick<IncomingMessage, 'topic' | 'partition'>;

const attributesOf = ({ topic }: Place, group: string) => ({
  'messaging.system': 'kafka',
  'messaging.destination.name': topic,
  'messaging.consumer.group.name': group,
});

/** @param errorType why it was not done; undefined if it was */
export function recordHandling(place: Place, group: string, durationMs: number, errorType: string | undefined): void {
  const attributes = { ...attributesOf(place, group), ...(errorType !== undefined && { 'error.type': errorType }) };
  duration.record(durationMs / 1_000, attributes);
  consumed.add(1, attributes);
}

/** @param queuedMs from the event to its first handling; clocks that differ may make it negative */
export function recordTimeInQueue(place: Place, group: string, queuedMs: number): void {
  timeInQueue.record(Math.max(0, queuedMs) / 1_000, attributesOf(place, group));
}

/** A try after the first. */
export function countRedelivery(place: Place, group: string): void {
  redeliveries.add(1, attributesOf(place, group));
}

export function countDeadLetter(group: string, cause: DeadLetterCause): void {
  deadLetters.add(1, { 'messaging.consumer.group.name': group, cause });
}

/** How many messages of its partitions a member has not handled yet, as of what it last read. */
export class LagGauge {
  readonly #group: string;
  readonly #lags = new Map<string, { readonly place: Place; readonly lag: number }>();

  constructor(group: string) {
    this.#group = group;
  }

  /** @returns ends the reports */
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
