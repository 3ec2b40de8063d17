import { setTimeout as sleep } from 'node:timers/promises';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Log } from '../log/log.ts';
import type { Database } from '../postgres/database.ts';
import { extractTrace, injectTrace, type TraceHeaders } from '../tracing/trace-context.ts';
import { encodeEvent } from './cloud-event.ts';
import type { OutgoingMessage, Publisher } from './message.ts';

const batchSize = 100;
const pollIntervalMs = 100;
const backOffMs = 1_000;
/** The number is ours: an advisory lock that only relays take. */
const relayLock = 7_219_002;

interface OutboxRow {
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
 * Publishes the outbox, oldest first, until stopped. What was published but could not be deleted is published again:
 * at least once, so consumers need an inbox.
 * @returns stops after the batch in hand
 */
export function startRelay(database: Database, publisher: Publisher, log: Log): () => Promise<void> {
  const stopping = new AbortController();
  const relay = async () => {
    while (!stopping.signal.aborted) {
      const pauseMs = await relayBatch(database, publisher).then(
        (published) => (published === batchSize ? 0 : pollIntervalMs),
        (error: unknown) => {
          log.warn({ err: error }, 'the outbox could not be relayed, trying again');
          return backOffMs;
        },
      );
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const stopped = relay();
  return () => {
    stopping.abort();
    return stopped;
  };
}

/**
 * One relay at a time: two would overtake each other, and an order's events must stay in order. All rows that are there
 * are taken, rather than those above a last id, which would lose rows whose transactions commit out of order.
 * @returns how many events were published
 */
export function relayBatch(database: Database, publisher: Publisher): Promise<number> {
  return database.transaction(async (tx) => {
    const { rows: locks } = await tx.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
      relayLock,
    ]);
    if (!locks[0]?.taken) return 0;
    const { rows } = await tx.query<OutboxRow>('SELECT * FROM outbox ORDER BY id LIMIT $1', [batchSize]);
    if (rows.length === 0) return 0;
    const sends = rows.map(startSend);
    try {
      await publisher.publish(sends.map(({ message }) => message));
    } catch (error) {
      for (const { span } of sends) span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      throw error;
    } finally {
      for (const { span } of sends) span.end();
    }
    await tx.query('DELETE FROM outbox WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
    return rows.length;
  });
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
