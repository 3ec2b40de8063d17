import { join } from 'node:path';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { shipmentFailed, shipmentScheduled } from '../contracts/events.ts';
import { receiveOnce } from '../lib/messaging/inbox.ts';
import { addToOutbox, deriveEventId } from '../lib/messaging/outbox.ts';
import type { Database, Queryable } from '../lib/postgres/database.ts';
import { deleteInBatches } from '../lib/postgres/delete-in-batches.ts';
import { rejectionReason } from './carrier.ts';

export const migrations = join(import.meta.dirname, 'migrations');

/** An order that is paid for and whose stock is reserved. */
export interface ReadyOrder {
  readonly orderId: string;
  /** ISO 3166, two capital letters. */
  readonly country: string;
  /** An operator, or orders-worker after a while, asks for the decision again. */
  readonly isRepeated: boolean;
  /** An operator cancels the order: it is not shipped unless it was shipped before. */
  readonly isWithdrawn: boolean;
}

/**
 * Decides whether an order is shipped, and records the decision and its event in one transaction. An order has one
 * shipment and one decision, even if two events with different ids say that it is ready. Its event is published again
 * only if it is asked for. The event's id derives from that of its cause: if the database is restored to an earlier
 * point and the cause comes again, its event is the same one.
 * @returns undefined if there is no new event
 */
export function ship(database: Database, eventId: string, order: ReadyOrder): Promise<Shipment['status'] | undefined> {
  const { orderId, isRepeated, isWithdrawn } = order;
  const reason = isWithdrawn ? 'an operator cancelled the order' : rejectionReason(order.country);
  return database.transaction(async (tx) => {
    if (!(await receiveOnce(tx, eventId))) return undefined;
    const { rowCount } = await tx.query(
      'INSERT INTO shipments (order_id, status, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [orderId, reason === undefined ? 'scheduled' : 'failed', reason ?? null],
    );
    const isNew = rowCount === 1;
    if (!isNew && !isRepeated && !isWithdrawn) return undefined;
    const shipment = await readShipment(tx, orderId);
    if (shipment) await report(tx, shipment, eventId);
    return shipment?.status;
  });
}

async function report(tx: Queryable, { orderId, status, reason = '', at }: Shipment, causeId: string): Promise<void> {
  const subject = orderId;
  if (status === 'failed') {
    const id = deriveEventId(causeId, shipmentFailed);
    return addToOutbox(tx, shipmentFailed, { id, subject, data: { orderId, reason } });
  }
  const id = deriveEventId(causeId, shipmentScheduled);
  const scheduledAt = timestampFromDate(new Date(at));
  return addToOutbox(tx, shipmentScheduled, { id, subject, data: { orderId, scheduledAt } });
}

export interface Shipment {
  readonly orderId: string;
  readonly status: 'scheduled' | 'failed';
  readonly reason?: string;
  /** ISO 8601. */
  readonly at: string;
}

/** @returns undefined if the shipment is not decided yet */
export async function readShipment(db: Queryable, orderId: string): Promise<Shipment | undefined> {
  const { rows } = await db.query<{ status: 'scheduled' | 'failed'; reason: string | null; at: Date }>(
    'SELECT status, reason, at FROM shipments WHERE order_id = $1',
    [orderId],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { status, reason, at } = row;
  return { orderId, status, ...(reason !== null && { reason }), at: at.toISOString() };
}

export async function resetShipments(db: Queryable): Promise<void> {
  await db.query('TRUNCATE inbox, shipments, outbox');
}

/**
 * Deletes decisions about orders that orders has forgotten.
 * @returns the number of deleted decisions
 */
export function purgeShipments(db: Queryable, days: number): Promise<number> {
  const old = `SELECT order_id FROM shipments WHERE at < now() - interval '${days} days'`;
  return deleteInBatches(db, 'shipments', 'order_id', old);
}
