import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { injectTrace } from '../observability/tracing.ts';
import type { Queryable } from '../postgres/database.ts';
import { deleteInBatches } from '../postgres/delete-in-batches.ts';
import type { EventType } from './cloud-event.ts';

/** The number of partitions of the outbox, which are not Kafka's. Relays can publish several of them concurrently. */
export const partitionCount = 16;

/** Longer than the topics keep events (7 days), so that every event in Kafka still has its row. */
const retention = '8 days';

/** Adds an event in the transaction of its cause, together with the active trace. */
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
 * Deletes events that were published more than 8 days ago. Events that still wait stay, however old they are.
 * @returns the number of deleted events
 */
export function purgeOutbox(db: Queryable): Promise<number> {
  const old = `SELECT id FROM outbox WHERE published_at < now() - interval '${retention}'`;
  return deleteInBatches(db, 'outbox', 'id', old);
}
