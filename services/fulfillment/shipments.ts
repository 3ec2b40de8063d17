import { join } from 'node:path';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { shipmentFailed, shipmentScheduled } from '../contracts/events.ts';
import { receiveOnce } from '../lib/messaging/inbox.ts';
import { addToOutbox } from '../lib/messaging/outbox.ts';
import type { Database, Queryable } from '../lib/postgres/database.ts';
import { rejectionReason } from './carrier.ts';

export const migrations = join(import.meta.dirname, 'migrations');

/** An order that is paid for and whose stock is reserved. */
export interface ReadyOrder {
  readonly orderId: string;
  /** ISO 3166, two capital letters. */
  readonly country: string;
}

/**
 * Decides whether an order is shipped, and records the decision and its event in one transaction. An order has one
 * shipment and one shipment event, even if two events with different ids say that it is ready.
 * @returns undefined if the shipment was decided before
 */
export function ship(
  database: Database,
  eventId: string,
  { orderId, country }: ReadyOrder,
): Promise<'scheduled' | 'failed' | undefined> {
  const reason = rejectionReason(country);
  const status = reason === undefined ? 'scheduled' : 'failed';
  return database.transaction(async (tx) => {
    if (!(await receiveOnce(tx, eventId))) return undefined;
    const { rows } = await tx.query<{ at: Date }>(
      'INSERT INTO shipments (order_id, status, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING at',
      [orderId, status, reason ?? null],
    );
    const [shipment] = rows;
    if (!shipment) return undefined;
    if (reason !== undefined) {
      await addToOutbox(tx, shipmentFailed, { subject: orderId, data: { orderId, reason } });
    } else {
      const scheduledAt = timestampFromDate(shipment.at);
      await addToOutbox(tx, shipmentScheduled, { subject: orderId, data: { orderId, scheduledAt } });
    }
    return status;
  });
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
