import { randomInt } from 'node:crypto';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Log } from '../observability/log.ts';
import { extractTrace, injectTrace, type TraceHeaders } from '../observability/tracing.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { PollPause } from '../postgres/poll-pause.ts';
import { pause } from '../runtime/timing.ts';
import { encodeEvent } from './cloud-event.ts';
import type { OutgoingMessage, Publisher } from './message.ts';
import { reportOutbox } from './metrics.ts';
import { laneCount } from './outbox.ts';

/**
 * The end of each query for what waits. Ordered by lane although there is one: only the index of waiting rows has this
 * order, while by id alone Postgres may choose to pass all published rows on the primary key.
 */
const inLane =
  'outbox.lane BETWEEN wanted.lane AND wanted.lane AND published_at IS NULL ORDER BY outbox.lane, id LIMIT';

const batchSize = 1_000;
/** A producer sends what goes to one partition as one record batch, of which brokers take 1 MiB. */
const batchBytes = 900_000;
/** What a record has besides its data: key, headers and Kafka's own fields. */
const envelopeBytes = 500;
/** Half of them: the other half is for another batch, which reads the database while this one is with Kafka. */
const lanesPerBatch = laneCount / 2;
/** From so many events in a batch on there is a backlog, worth a second batch at a time. */
const backlogFrom = 100;
/**
 * After a batch: at a few hundred events a second one batch for many of them costs the database less than many. Even if others
 * have all lanes in which events wait.
 */
const batchPauseMs = 30;
/** For events of other processes; a commit of this one is noticed at once. */
const idlePauseMs = 100;
const backOffMs = 1_000;
/** The number is ours: advisory locks that only relays take, one for each lane. */
const relayLock = 7_219_002;

/** An event that waits, as the table has it. */
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
 * Publishes the outbox until stopped, side by side with other relays. What was published but could not be marked is
 * published again: at least once, so consumers need an inbox.
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
        log.warn({ err: error }, 'the outbox could not be relayed, trying again');
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
 * Publishes what waits in some lanes. One relay at a time works on a lane: two would overtake each other, and an order's
 * events must stay in order. A lane's rows are all those that wait, rather than those above a last id, which would lose
 * rows whose transactions commit out of order.
 *
 * A relay that is frozen here loses its session, and with it the locks, to idle_in_transaction_session_timeout, and
 * another goes on. Once thawed, or when a cut link heals, the first may still send its batch: late, but only events that
 * were published in the meantime. For a batch begins with the first row of its lane that was not marked, and marks follow
 * Kafka's answer: whatever comes before it is in Kafka already. Events may repeat, but their first occurrences are in order.
 * @returns how many events were published; 0 even if others have all lanes in which some wait
 */
export function relayBatch(database: Database, publisher: Publisher): Promise<number> {
  return database.transaction(async (tx) => {
    const lanes = await lockLanes(tx);
    if (lanes.length === 0) return 0;
    const rows = takeBytes(await readWaiting(tx, lanes));
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
 * Takes lanes in which events wait, beginning anywhere, so that none is always the last. CASE, because the order of
 * conditions in WHERE is Postgres' choice, and each lane that is asked is locked.
 */
async function lockLanes(tx: Queryable): Promise<number[]> {
  const first = randomInt(laneCount);
  const { rows } = await tx.query<{ lane: number }>(
    `SELECT lane FROM unnest($1::int[]) AS wanted (lane)
    WHERE CASE WHEN (SELECT true FROM outbox WHERE ${inLane} 1)
      THEN pg_try_advisory_xact_lock(${relayLock}, lane) END
    LIMIT ${lanesPerBatch}`,
    [Array.from({ length: laneCount }, (_, index) => (first + index) % laneCount)],
  );
  return rows.map(({ lane }) => lane);
}

/**
 * The oldest of each lane, the same number of each. A statement of its own: it must see what the lanes' last holder has
 * marked, and a statement sees what was committed before it began.
 */
async function readWaiting(tx: Queryable, lanes: readonly number[]): Promise<OutboxRow[]> {
  const { rows } = await tx.query<OutboxRow>(
    `SELECT waiting.* FROM unnest($1::int[]) AS wanted (lane) CROSS JOIN LATERAL (
      SELECT id, topic, event_id, source, type, subject, occurred_at, data, trace
      FROM outbox WHERE ${inLane} $2
    ) AS waiting ORDER BY id`,
    [lanes, Math.floor(batchSize / lanes.length)],
  );
  return rows;
}

/** The first of these rows, as many as may go to one partition in one batch, but at least one. */
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
    for (const { span } of sends) span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
    throw error;
  } finally {
    for (const { span } of sends) span.end();
  }
}

/** The message, in a span that continues the trace of the transaction that decided the event. */
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

/** Waits for all, even if one fails: the next batch must not run beside one of these. @throws the first failure */
async function settle(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}
