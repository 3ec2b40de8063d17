import { randomInt } from 'node:crypto';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Log } from '../observability/log.ts';
import { describeError } from '../observability/serialize-error.ts';
import { extractTrace, injectTrace, type TraceHeaders } from '../observability/tracing.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { PollPause } from '../postgres/poll-pause.ts';
import { pause } from '../runtime/timing.ts';
import { type CloudEvent, encodeEvent } from './cloud-event.ts';
import { countBytes, publishDeadLetter, unsentPartition } from './dead-letter.ts';
import { type OutgoingMessage, type Publisher, TooLargeForBroker } from './message.ts';
import { countDeadLetter, reportOutbox } from './metrics.ts';
import { partitionCount, relayLock } from './outbox.ts';

/**
 * The end of each query for waiting events. $2 is the topics that are missing, and `lane` the partition of the outbox.
 * The query orders by `lane` although there is only one: only the index of waiting rows has this order. By id alone
 * Postgres may scan all published rows on the primary key.
 */
const inPartition =
  'outbox.lane BETWEEN wanted.lane AND wanted.lane AND published_at IS NULL AND topic <> ALL($2) ORDER BY outbox.lane, id LIMIT';

const batchSize = 1_000;
/** A producer sends all records for one Kafka partition as one record batch, and brokers accept at most 1 MiB. */
const batchBytes = 900_000;
/** Kafka's own fields: the lengths, offset and time of a record, and two lengths for each of its headers. */
const recordBytes = 64;
const headerBytes = 10;
/** Stands for the trace of any event when sizes are counted. All have the same length. */
const anyTrace = { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` };
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
/** How soon a relay notices that a topic has lost records, if no publishing fails until then. */
const checkIntervalMs = 5_000;

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
 *
 * @param group the deployment's name: an event that the broker refuses for its size goes to `<group>.dlq`
 * @param check looks for topics that have lost records (lost-records.ts), before the first batch, before the next one
 *   after a failure, and periodically. It returns the topics that are missing: their events wait, and those of other
 *   topics do not. Default: nothing is checked
 * @returns stops after the batches in hand
 */
export function startRelay(
  database: Database,
  publisher: Publisher,
  group: string,
  log: Log,
  check: () => Promise<readonly string[]> = async () => [],
): () => Promise<void> {
  const stopping = new AbortController();
  const stopReporting = reportOutbox(database);
  const idle = new PollPause(database);
  let checkedAt = Number.NEGATIVE_INFINITY;
  let missing: readonly string[] = [];
  const isCheckDue = () => performance.now() - checkedAt >= (missing.length > 0 ? backOffMs : checkIntervalMs);
  const batch = () => relayBatch(database, publisher, group, missing);
  const drain = async () => {
    while (!stopping.signal.aborted && !isCheckDue() && (await batch()) > 0);
  };
  const relay = async () => {
    while (!stopping.signal.aborted) {
      try {
        if (isCheckDue()) {
          missing = await check();
          if (missing.length > 0) log.warn({ topics: missing }, 'topics are missing; their events wait');
          checkedAt = performance.now();
        }
        if (await hasWork(database, missing)) {
          if ((await batch()) >= backlogFrom) await settle([drain(), drain()]);
          await pause(batchPauseMs, stopping.signal);
        } else if (missing.length > 0) {
          // To find nothing, each look reads the whole backlog of a missing topic.
          await pause(backOffMs, stopping.signal);
        } else await idle.wait(idlePauseMs);
      } catch (error) {
        checkedAt = Number.NEGATIVE_INFINITY;
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
 * @param missing topics whose events wait
 * @returns the number of published events; 0 also means that other relays hold all partitions with waiting events
 */
export function relayBatch(
  database: Database,
  publisher: Publisher,
  group: string,
  missing: readonly string[] = [],
): Promise<number> {
  return database.transaction(async (tx) => {
    const partitions = await lockPartitions(tx, missing);
    if (partitions.length === 0) return 0;
    const rows = takeBytes(await readWaiting(tx, partitions, missing));
    if (rows.length === 0) return 0;
    await publishAndMark(tx, rows, publisher, group);
    return rows.length;
  });
}

/**
 * Splits a batch that the broker refuses as too large, down to the one event, which is dead-lettered: it would hold
 * back the events of all others forever. The later events of its subject go on without it. Each part is marked before
 * the next one is sent, so that the transaction is never idle for longer than one request.
 */
async function publishAndMark(
  tx: Queryable,
  rows: readonly OutboxRow[],
  publisher: Publisher,
  group: string,
): Promise<void> {
  try {
    await publish(rows, publisher);
  } catch (error) {
    if (!(error instanceof TooLargeForBroker)) throw error;
    if (rows.length > 1) {
      const middle = Math.ceil(rows.length / 2);
      await publishAndMark(tx, rows.slice(0, middle), publisher, group);
      return publishAndMark(tx, rows.slice(middle), publisher, group);
    }
    await deadLetter(rows[0] as OutboxRow, error, publisher, group);
  }
  await tx.query('UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
}

/** The message has the place of a message that was read: the row of the outbox. */
async function deadLetter(row: OutboxRow, refusal: Error, publisher: Publisher, group: string): Promise<void> {
  const { key, value, headers } = encodeEvent(row.topic, toEvent(row), injectTrace(extractTrace(row.trace)));
  const place = { topic: row.topic, partition: unsentPartition, offset: row.id };
  const message = { ...place, key: Buffer.from(key ?? ''), value: Buffer.from(value ?? ''), headers };
  const reason = `the broker refused the event, of ${countBytes(message)} bytes: ${refusal.message}`;
  const traceId = trace.getSpanContext(extractTrace(row.trace))?.traceId;
  await publishDeadLetter(publisher, message, { group, cause: 'oversize', reason, attempts: 1, traceId });
  countDeadLetter(group, 'oversize');
}

async function hasWork(database: Queryable, missing: readonly string[]): Promise<boolean> {
  const { rows } = await database.query(
    'SELECT FROM outbox WHERE published_at IS NULL AND topic <> ALL($1) ORDER BY lane, id LIMIT 1',
    [missing],
  );
  return rows.length > 0;
}

/**
 * Locks partitions with waiting events. It begins at a random one, so that none is always the last. CASE fixes the
 * order of the conditions, which WHERE does not: each partition for which Postgres evaluates the lock function becomes
 * locked.
 */
async function lockPartitions(tx: Queryable, missing: readonly string[]): Promise<number[]> {
  const first = randomInt(partitionCount);
  const { rows } = await tx.query<{ lane: number }>(
    `SELECT lane FROM unnest($1::int[]) AS wanted (lane)
    WHERE CASE WHEN (SELECT true FROM outbox WHERE ${inPartition} 1)
      THEN pg_try_advisory_xact_lock(${relayLock}, lane) END
    LIMIT ${partitionsPerBatch}`,
    [Array.from({ length: partitionCount }, (_, index) => (first + index) % partitionCount), missing],
  );
  return rows.map(({ lane }) => lane);
}

/**
 * Reads the oldest events of each partition, the same number of each. This must be a separate statement: it must see
 * the marks of the partitions' last holder, and a statement sees only what was committed before it began.
 */
async function readWaiting(
  tx: Queryable,
  partitions: readonly number[],
  missing: readonly string[],
): Promise<OutboxRow[]> {
  const { rows } = await tx.query<OutboxRow>(
    `SELECT waiting.* FROM unnest($1::int[]) AS wanted (lane) CROSS JOIN LATERAL (
      SELECT id, topic, event_id, source, type, subject, occurred_at, data, trace
      FROM outbox WHERE ${inPartition} $3
    ) AS waiting ORDER BY id`,
    [partitions, missing, Math.floor(batchSize / partitions.length)],
  );
  return rows;
}

/** The first rows whose total size, with every byte that is sent, fits into one record batch; at least one row. */
export function takeBytes(rows: readonly OutboxRow[]): readonly OutboxRow[] {
  let bytes = 0;
  const tooMany = rows.findIndex((row, index) => {
    bytes += countRecordBytes(encodeEvent(row.topic, toEvent(row), anyTrace));
    return bytes > batchBytes && index > 0;
  });
  return tooMany === -1 ? rows : rows.slice(0, tooMany);
}

function countRecordBytes({ key, value, headers }: OutgoingMessage): number {
  const texts = [key ?? '', value ?? '', ...Object.entries(headers).flat()];
  const sent = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return sent + recordBytes + headerBytes * Object.keys(headers).length;
}

function toEvent({ event_id: id, source, type, subject, data, occurred_at }: OutboxRow): CloudEvent {
  return { id, source, type, subject, time: occurred_at.toISOString(), data };
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
  return { span, message: encodeEvent(row.topic, toEvent(row), injectTrace(trace.setSpan(parent, span))) };
}

/**
 * Waits for all, even if one fails: the next batch must not run concurrently with any of them.
 * @throws the first failure
 */
async function settle(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}
