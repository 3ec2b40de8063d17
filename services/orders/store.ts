import { catalogue, currency } from '../contracts/catalogue.ts';
import { orderPlaced } from '../contracts/events.ts';
import { OrderStatus as EventStatus } from '../contracts/gen/windlass/events/v1/orders_pb.js';
import { addToOutbox, outboxLanesMigration, outboxMigration } from '../lib/kafka/outbox.ts';
import type { Database, Queryable } from '../lib/postgres/database.ts';
import { keysMigration } from './idempotency-keys.ts';
import type { Order } from './order-request.ts';
import type { OrderStatus, OrderView } from './outcome.ts';

/** The database of orders and orders-worker. */
export const migrations = [
  keysMigration,
  outboxMigration,
  `CREATE TABLE orders (
    id uuid PRIMARY KEY,
    customer_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'confirmed', 'fulfilled', 'cancelled')),
    items jsonb NOT NULL,
    shipping_address jsonb NOT NULL,
    currency text NOT NULL,
    total_minor bigint NOT NULL,
    authorization_id text,
    estimated_delivery text NOT NULL,
    placed_at timestamptz NOT NULL
  );
  CREATE TABLE order_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    at timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL,
    reason text
  );
  CREATE INDEX order_history_by_order ON order_history (order_id, id)`,
  outboxLanesMigration,
];

/** An order that is about to be stored. */
export interface PlacedOrder {
  readonly view: OrderView;
  readonly order: Order;
  readonly authorizationId: string;
  readonly placedAt: Date;
}

/** Stores a confirmed order, its first history entry and its event: all or nothing, in the caller's transaction. */
export async function storeOrder(
  tx: Queryable,
  { view, order, authorizationId, placedAt }: PlacedOrder,
): Promise<void> {
  const { orderId, status, total, estimatedDelivery } = view;
  await tx.query(
    `INSERT INTO orders (id, customer_id, status, items, shipping_address, currency, total_minor, authorization_id, estimated_delivery, placed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      orderId,
      order.customerId,
      status,
      JSON.stringify(order.items),
      order.shippingAddress,
      total.currency,
      total.amountMinor,
      authorizationId,
      estimatedDelivery,
      placedAt,
    ],
  );
  await tx.query('INSERT INTO order_history (order_id, at, status) VALUES ($1, $2, $3)', [orderId, placedAt, status]);
  const data = {
    orderId,
    customerId: order.customerId,
    status: EventStatus.CONFIRMED,
    lines: order.items.map(({ sku, quantity }) => ({ sku, quantity, unitPrice: money(catalogue[sku].unitPriceMinor) })),
    total: money(total.amountMinor),
    placedAt: { seconds: BigInt(Math.floor(placedAt.getTime() / 1000)), nanos: (placedAt.getTime() % 1000) * 1e6 },
    estimatedDelivery,
  };
  await addToOutbox(tx, orderPlaced, { source: '/windlass/orders', subject: orderId, data });
}

function money(amountMinor: number) {
  return { currency, amountMinor: BigInt(amountMinor) };
}

export interface HistoryEntry {
  readonly at: string;
  readonly status: OrderStatus;
  readonly reason?: string;
}

/** @returns undefined if there is no such order */
export async function readOrder(
  db: Queryable,
  orderId: string,
): Promise<(OrderView & { history: HistoryEntry[] }) | undefined> {
  const { rows } = await db.query<OrderRow>(
    'SELECT id, status, currency, total_minor, estimated_delivery FROM orders WHERE id = $1',
    [orderId],
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

export async function resetOrders(database: Database): Promise<void> {
  await database.query('TRUNCATE orders, order_history, outbox, idempotency_keys');
}
