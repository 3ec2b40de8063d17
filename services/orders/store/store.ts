import { join } from 'node:path';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { orderPlaced, paymentAuthorized } from '../../contracts/events.ts';
import { OrderStatus as EventStatus } from '../../contracts/gen/windlass/events/v1/orders_pb.js';
import { money } from '../../contracts/money.ts';
import type { Database, Queryable } from '../../lib/postgres/database.ts';
import type { Order, OrderItem, OrderStatus, OrderView, OrderWithHistory } from '../order.ts';
import type { StoredToken } from '../tokens/token-vault.ts';
import { addOrderEvent, orderLines } from './order-events.ts';

/** The database of orders and orders-worker. */
export const migrations = join(import.meta.dirname, '../migrations');

/** An order to store. */
export interface PlacedOrder {
  readonly view: OrderView;
  readonly order: Order;
  /** Those of the order, with their prices. */
  readonly items: readonly OrderItem[];
  /** Stored until payments has answered. */
  readonly paymentToken: StoredToken;
  /** undefined if payments gave no answer; then the saga asks again. */
  readonly authorizationId: string | undefined;
  readonly placedAt: Date;
}

/** Stores an order, its first history entry and its events, in the caller's transaction. */
export async function storeOrder(
  tx: Queryable,
  { view, order, items, paymentToken, authorizationId, placedAt }: PlacedOrder,
): Promise<void> {
  const { orderId, status, total, estimatedDelivery } = view;
  const isAuthorized = authorizationId !== undefined;
  await tx.query(
    `INSERT INTO orders (id, customer_id, status, items, shipping_address, currency, total_minor, authorization_id, payment_token, estimated_delivery, placed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      orderId,
      order.customerId,
      status,
      JSON.stringify(items),
      order.shippingAddress,
      total.currency,
      total.amountMinor,
      authorizationId,
      isAuthorized ? null : paymentToken,
      estimatedDelivery,
      placedAt,
    ],
  );
  await tx.query('INSERT INTO order_history (order_id, at, status) VALUES ($1, $2, $3)', [orderId, placedAt, status]);
  const amount = money(total.amountMinor);
  const data = {
    orderId,
    customerId: order.customerId,
    status: isAuthorized ? EventStatus.CONFIRMED : EventStatus.PENDING,
    lines: orderLines(items),
    total: amount,
    placedAt: timestampFromDate(placedAt),
    estimatedDelivery,
  };
  await addOrderEvent(tx, orderPlaced, orderId, data);
  if (isAuthorized) await addOrderEvent(tx, paymentAuthorized, orderId, { orderId, authorizationId, amount });
}

/**
 * Changes an order's status and adds an entry to its history. Its time is the database's, and never before that of the
 * last entry, even if the database has moved to a server whose clock is behind.
 *
 * @returns the time of the entry
 */
export async function changeStatus(
  tx: Queryable,
  orderId: string,
  status: OrderStatus,
  reason?: string,
): Promise<Date> {
  await tx.query('UPDATE orders SET status = $2 WHERE id = $1', [orderId, status]);
  const { rows } = await tx.query<{ at: Date }>(
    `INSERT INTO order_history (order_id, at, status, reason)
     SELECT $1, greatest(clock_timestamp(), max(at)), $2, $3 FROM order_history WHERE order_id = $1
     RETURNING at`,
    [orderId, status, reason],
  );
  return (rows[0] as { at: Date }).at;
}

/**
 * Records payments' answer and deletes the payment token.
 * @param authorizationId undefined if payments declined
 */
export async function settleAuthorization(
  tx: Queryable,
  orderId: string,
  authorizationId: string | undefined,
): Promise<void> {
  await tx.query('UPDATE orders SET authorization_id = $2, payment_token = NULL WHERE id = $1', [
    orderId,
    authorizationId,
  ]);
}

/**
 * Reads an order for its customer, or for anyone. One statement for both questions: another customer's order takes
 * as long as one that does not exist.
 * @returns undefined if there is no such order of the customer
 */
export async function readOrder(
  db: Queryable,
  orderId: string,
  reader: { readonly customerId: string } | 'anyone',
): Promise<OrderWithHistory | undefined> {
  const { rows } = await db.query<OrderRow>(
    `SELECT id, status, currency, total_minor, estimated_delivery FROM orders
     WHERE id = $1 AND ($2::text IS NULL OR customer_id = $2)`,
    [orderId, reader === 'anyone' ? null : reader.customerId],
  );
  if (!rows[0]) return undefined;
  const { id, status, currency: orderCurrency, total_minor, estimated_delivery } = rows[0];
  const { rows: history } = await db.query<{ at: Date; status: OrderStatus; reason: string | null }>(
    'SELECT at, status, reason FROM order_history WHERE order_id = $1 ORDER BY id',
    [orderId],
  );
  return {
    orderId: id,
    status,
    total: { currency: orderCurrency, amountMinor: Number(total_minor) },
    estimatedDelivery: estimated_delivery,
    history: history.map((entry) => ({
      at: entry.at.toISOString(),
      status: entry.status,
      ...(entry.reason !== null && { reason: entry.reason }),
    })),
  };
}

interface OrderRow {
  readonly id: string;
  readonly status: OrderStatus;
  readonly currency: string;
  readonly total_minor: string;
  readonly estimated_delivery: string;
}

/** The tables in the order in which all transactions lock them, so that a reset does not deadlock with other work. */
const tables = [
  'idempotency_keys',
  'abandoned_payments',
  'order_actions',
  'inbox',
  'sagas',
  'saga_steps',
  'orders',
  'order_history',
  'outbox',
];

export async function resetOrders(database: Database): Promise<void> {
  await database.query(`TRUNCATE ${tables.join(', ')}`);
}
