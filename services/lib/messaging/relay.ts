import { randomInt } from 'node:crypto';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Log } from '../observability/log.ts';
import { describeError } from '../observability/serialize-error.ts';
import { extractTrace, injectTrace, type TraceHeaders } from '../observability/tracing.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { PollPause } from '../postgres/poll-pause.ts';
import { pause } from '../runtime/timing.ts';
import { encodeEvent } from './cloud-event.ts';
import type { OutgoingMessage, Publisher } from './message.ts';
import { reportOutbox } from './metrics.ts';
import { partitionCount } from './outbox.ts';

/**
 * The end of each query for waiting events. `lane` is the partition of the outbox. The query orders by it although
 * there is only one: only the index of waiting rows has this order. By id alone Postgres may scan all published rows on
 * the primary key.
 */
const inPartition =
  'outbox.lane BETWEEN wanted.lane AND wanted.lane AND published_at IS NULL ORDER BY outbox.lane, id LIMIT';

const batchSize = 1_000;
/** A producer sends all records for one Kafka partition as one record batch, and brokers accept at most 1 MiB. */
const batchBytes = 900_000;
/** The size of a record without its data: key, headers and Kafka's own fields. */
const envelopeBytes = 500;
/** Half of them. The other half is for a second batch, which reads the database while the first one waits for Kafka. */
const partitionsPerBatch = partitionCount / 2;
/** A batch of at least this many events indicates a backlog, for which two batches run concurrently. */
const backlogFrom = 100;
/**
 * The pause after a batch, even if other relays hold all partitions with waiting events. At a few hundred events a
 * second, one large batch costs the database less than many small ones.
 */
const batchPauseMs = 30;
/** Bounds the delay of events that other processes commit. A commit of this process ends the pause at once. */
const idlePauseMs = 100;
const backOffMs = 1_000;
/** An arbitrary number for the advisory locks of relays, one for each partition. Nothing else uses it. */
const relayLock = 7_219_002;

/** A waiting event as the table stores it. */
export interface OutboxRow {
  readonly id: string;
  readonly topic: string;
  readonly event_id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly occurred_at: Date;
  readonly data: string;
  readonly trace: TraceHeaders;
}

/**
 * Publishes the outbox until stopped, concurrently with other relays. Delivery is at least once: an event that was
 * published but could not be marked is published again, so consumers need an inbox.
 * @returns stops after the batches in hand
 */
export function startRelay(database: Database, publisher: Publisher, log: Log): () => Promise<void> {
  const stopping = new AbortController();
  const stopReporting = reportOutbox(database);
  const idle = new PollPause(database);
  const drain = async () => {
    while (!stopping.signal.aborted && (await relayBatch(database, publisher)) > 0);
  };
  const relay = async () => {
    while (!stopping.signal.aborted) {
      try {
        if (await hasWork(database)) {
          if ((await relayBatch(database, publisher)) >= backlogFrom) await settle([drain(), drain()]);
          await pause(batchPauseMs, stopping.signal);
        } else await idle.wait(idlePauseMs);
      } catch (error) {
        log.warn({ err: error }, 'outbox relay failed; retrying');
        await pause(backOffMs, stopping.signal);
      }
    }
    stopReporting();
  };
  const stopped = relay();
  return () => {
    stopping.abort();
    idle.stop();
    return stopped;
  };
}

/**
 * Publishes waiting events of some partitions. Only one relay at a time works on a partition: two would overtake each
 * other, and an order's events must stay in order. A batch reads all waiting rows of a partition rather than those
 * above a last id, because transactions can commit out of order and their rows would be lost.
 *
 * If a relay freezes here, idle_in_transaction_session_timeout ends its session and releases its locks, and another
 * relay continues. When the first one thaws, or a cut link heals, it may still send its batch late. That batch only
 * contains events that were published in the meantime: a batch begins with the first unmarked row of its partition, and
 * rows are marked only after Kafka's answer, so every earlier row is in Kafka already. Events may repeat, but their
 * first occurrences are in order.
 * @returns the number of published events; 0 also means that other relays hold all partitions with waiting events
 */
export function relayBatch(database: Database, publisher: Publisher): Promise<number> {
  return database.transaction(async (tx) => {
    const partitions = await lockPartitions(tx);
    if (partitions.length === 0) return 0;
    const rows = takeBytes(await readWaiting(tx, partitions));
    if (rows.length === 0) return 0;
    await publish(rows, publisher);
    await tx.query('UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
    return rows.length;
  });
}

async function hasWork(database: Queryable): Promise<boolean> {
  const { rows } = await database.query('SELECT FROM outbox WHERE published_at IS NULL ORDER BY lane, id LIMIT 1');
  return rows.length > 0;
}

/**
 * Locks partitions with waiting events. It begins at a random one, so that none is always the last. CASE fixes the
 * order of the conditions, which WHERE does not: each partition for which Postgres evaluates the lock function becomes
 * locked.
 */
async function lockPartitions(tx: Queryable): Promise<number[]> {
  const first = randomInt(partitionCount);
  const { rows } = await tx.query<{ lane: number }>(
    `SELECT lane FROM unnest($1::int[]) AS wanted (lane)
    WHERE CASE WHEN (SELECT true FROM outbox WHERE ${inPartition} 1)
      THEN pg_try_advisory_xact_lock(${relayLock}, lane) END
    LIMIT ${partitionsPerBatch}`,
    [Array.from({ length: partitionCount }, (_, index) => (first + index) % partitionCount)],
  );
  return rows.map(({ lane }) => lane);
}

/**
 * Reads the oldest events of each partition, the same number of each. This must be a separate statement: it must see
 * the marks of the partitions' last holder, and a statement sees only what was committed before it began.
 */
async function readWaiting(tx: Queryable, partitions: readonly number[]): Promise<OutboxRow[]> {
  const { rows } = await tx.query<OutboxRow>(
    `SELECT waiting.* FROM unnest($1::int[]) AS wanted (lane) CROSS JOIN LATERAL (
      SELECT id, topic, event_id, source, type, subject, occurred_at, data, trace
      FROM outbox WHERE ${inPartition} $2
    ) AS waiting ORDER BY id`,
    [partitions, Math.floor(batchSize / partitions.length)],
  );
  return rows;
}

/** The first rows whose total size fits into one record batch; at least one row. */
function takeBytes(rows: readonly OutboxRow[]): readonly OutboxRow[] {
  let bytes = 0;
  const tooMany = rows.findIndex(({ data }, index) => {
    bytes += Buffer.byteLength(data) + envelopeBytes;
    return bytes > batchBytes && index > 0;
  });
  return tooMany === -1 ? rows : rows.slice(0, tooMany);
}

async function publish(rows: readonly OutboxRow[], publisher: Publisher): Promise<void> {
  const sends = rows.map(startSend);
  try {
    await publisher.publish(sends.map(({ message }) => message));
  } catch (error) {
    for (const { span } of sends) span.setStatus({ code: SpanStatusCode.ERROR, message: describeError(error) });
    throw error;
  } finally {
    for (const { span } of sends) span.end();
  }
}

/** Creates the message in a span that continues the trace of the transaction that decided the event. */
function startSend(row: OutboxRow): { span: Span; message: OutgoingMessage } {
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'send',
    'messaging.destination.name': row.topic,
    'messaging.message.id': row.event_id,
    'messaging.kafka.message.key': row.subject,
  };
  const parent = extractTrace(row.trace);
  const tracer = trace.getTracer('windlass-kafka');
  const span = tracer.startSpan(`send ${row.topic}`, { kind: SpanKind.PRODUCER, attributes }, parent);
  const { event_id: id, source, type, subject, data } = row;
  const event = { id, source, type, subject, time: row.occurred_at.toISOString(), data };
  return { span, message: encodeEvent(row.topic, event, injectTrace(trace.setSpan(parent, span))) };
}

/**
 * Waits for all, even if one fails: the next batch must not run concurrently with any of them.
 * @throws the first failure
 */
async function settle(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}
