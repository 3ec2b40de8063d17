import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { injectTrace } from '../observability/tracing.ts';
import type { Queryable } from '../postgres/database.ts';
import { deleteInBatches } from '../postgres/delete-in-batches.ts';
import type { EventType } from './cloud-event.ts';

/** Events that are decided, published or not yet. */
export const outboxMigration = `
  CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    event_id uuid NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    data text NOT NULL,
    trace jsonb NOT NULL
  )`;

/** How many parts the outbox has that relays can publish side by side. */
export const laneCount = 16;

/**
 * All events of a subject are in one lane. A generated column, so that no writer can choose a wrong one; by md5, which
 * unlike hashtext is the same in every version of Postgres. The small index holds what waits; the BRIN index is for the
 * purge and costs writers next to nothing.
 */
export const outboxLanesMigration = `
  ALTER TABLE outbox
    ADD COLUMN lane smallint NOT NULL GENERATED ALWAYS AS (get_byte(decode(md5(subject), 'hex'), 0) % ${laneCount}) STORED,
    ADD COLUMN published_at timestamptz;
  CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;
  CREATE INDEX outbox_published ON outbox USING brin (published_at)`;

/** Longer than the topics keep events (7 days): whatever is in Kafka has its row. */
const retention = '8 days';

/** Adds an event in the transaction of its effect, with the trace that it belongs to. */
export async function addToOutbox<Schema extends DescMessage>(
  tx: Queryable,
  event: EventType<Schema>,
  { subject, data }: { subject: string; data: MessageInitShape<Schema> },
): Promise<void> {
  const json = toJsonString(event.schema, create(event.schema, data));
  await tx.query(
    'INSERT INTO outbox (topic, event_id, source, type, subject, data, trace) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [event.topic, randomUUID(), event.source, event.type, subject, json, injectTrace()],
  );
}

/**
 * Removes events that were published over 8 days ago; what waits stays, however old. To be called now and then.
 * @returns how many were removed
 */
export function purgeOutbox(db: Queryable): Promise<number> {
  const old = `SELECT id FROM outbox WHERE published_at < now() - interval '${retention}'`;
  return deleteInBatches(db, 'outbox', 'id', old);
}
