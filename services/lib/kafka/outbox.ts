import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import type { EventType } from '../../contracts/events.ts';
import type { Queryable } from '../postgres/database.ts';
import { injectTrace } from '../tracing/trace-context.ts';

/** Events that are decided but not yet published. A row is deleted once it is. */
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

/** Adds an event in the transaction of its effect, with the trace that it belongs to. */
export async function addToOutbox<Schema extends DescMessage>(
  tx: Queryable,
  event: EventType<Schema>,
  { source, subject, data }: { source: string; subject: string; data: MessageInitShape<Schema> },
): Promise<void> {
  const json = toJsonString(event.schema, create(event.schema, data));
  await tx.query(
    'INSERT INTO outbox (topic, event_id, source, type, subject, data, trace) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [event.topic, randomUUID(), source, event.type, subject, json, injectTrace()],
  );
}
