import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { injectTrace } from '../observability/tracing.ts';
import type { Queryable } from '../postgres/database.ts';
import { deleteInBatches } from '../postgres/delete-in-batches.ts';
import type { EventType } from './cloud-event.ts';

/** How many parts the outbox has that relays can publish side by side. */
export const laneCount = 16; // as in the migration that makes the column `lane`

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
