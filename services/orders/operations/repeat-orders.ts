import { orderReady } from '../../contracts/events.ts';
import { lockPartitionsOf } from '../../lib/messaging/outbox.ts';
import type { Database, Queryable } from '../../lib/postgres/database.ts';
import { isOrderId } from '../order.ts';

/** Which orders an operator wants repeated, and why. */
export interface Repeat {
  /** One order, or all that have an event since a time. */
  readonly orders: { readonly id: string } | { readonly since: Date };
  readonly reason: string;
  /** Who does it. */
  readonly by: string | undefined;
}

interface Repeated {
  readonly orders: number;
  /** Events that the relay publishes again. */
  readonly events: number;
}

/** Events that are read at once, and orders that one transaction changes at most. */
const pageSize = 5_000;
const batchSize = 1_000;
/** No transaction takes longer than this between its start, which is its events' time, and its last event. */
const longestTransaction = '1 minute';
/** Greater than each id: as the first page's bound, and for "no earlier action of this run". */
const afterAllIds = '9223372036854775807';

/**
 * Tells the services behind orders again what happened to orders: the relay publishes all events of each order again, in
 * order and with the same ids, and orders-worker repeats its stock call (repeat-calls.ts). For a service, what it has is
 * a duplicate, and what it has lost takes effect. Each order is recorded as an action.
 *
 * @returns the lines to print, as the work goes on
 * @throws Error if there is no such order; then nothing is changed
 */
export async function* repeatOrders(database: Database, { orders, ...why }: Repeat): AsyncGenerator<string> {
  if ('since' in orders) yield* repeatSince(database, orders.since, why);
  else {
    const done = isOrderId(orders.id)
      ? await database.transaction((tx) => repeatBatch(tx, [orders.id], why, afterAllIds))
      : undefined;
    if (!done?.orders) throw new Error(`There is no order ${orders.id}.`);
    yield `Order ${orders.id}: ${say(done)}`;
  }
}

type Why = Pick<Repeat, 'reason' | 'by'>;

const say = ({ events }: Repeated) =>
  `${events} events are published again, and orders-worker repeats the stock call; npm run saga -- show has its result.`;

/**
 * Reads the outbox backward from its end, by its primary key, until all rows are older. An index by time would cost each
 * writer something, for a command that is hardly ever needed. Events that are added meanwhile are not read.
 */
async function* repeatSince(database: Database, since: Date, why: Why): AsyncGenerator<string> {
  const { rows: last } = await database.query<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM order_actions');
  const lastAction = last[0]?.id ?? '0';
  let [orders, events] = [0, 0];
  for await (const ids of readOrdersSince(database, since)) {
    for (let at = 0; at < ids.length; at += batchSize) {
      const batch = ids.slice(at, at + batchSize);
      const done = await database.transaction((tx) => repeatBatch(tx, batch, why, lastAction));
      orders += done.orders;
      events += done.events;
    }
    yield `${orders} orders, ${events} events so far`;
  }
  yield orders === 0
    ? `No order has an event since ${since.toISOString()}.`
    : `Orders: ${orders}. Events that are published again: ${events}. orders-worker repeats the stock calls: ` +
      'npm run saga -- list counts those that are open.';
}

/** Pages of orders that have an event since a time. An order can be in several pages. */
async function* readOrdersSince(db: Queryable, since: Date): AsyncGenerator<string[]> {
  let cursor = afterAllIds;
  for (;;) {
    const { rows } = await db.query<{ id: string; subject: string; is_wanted: boolean; is_old: boolean }>(
      `SELECT id, subject, occurred_at >= $2 AS is_wanted, occurred_at < $2 - interval '${longestTransaction}' AS is_old
       FROM outbox WHERE id < $1 ORDER BY id DESC LIMIT ${pageSize}`,
      [cursor, since],
    );
    const wanted = new Set(rows.filter((row) => row.is_wanted).map((row) => row.subject));
    if (wanted.size > 0) yield [...wanted];
    const end = rows.at(-1);
    if (!end || rows.every((row) => row.is_old)) return;
    cursor = end.id;
  }
}

/** @param lastAction the id of the last action before this run: an order is repeated once in a run */
async function repeatBatch(
  tx: Queryable,
  ids: readonly string[],
  { reason, by }: Why,
  lastAction: string,
): Promise<Repeated> {
  const { rows } = await tx.query<{ order_id: string }>(
    `INSERT INTO order_actions (order_id, action, reason, by_whom)
     SELECT order_id, 'repeat', $2, $3 FROM sagas WHERE order_id = ANY($1::uuid[]) AND NOT EXISTS (
       SELECT FROM order_actions a WHERE a.order_id = sagas.order_id AND a.action = 'repeat' AND a.id > $4)
     RETURNING order_id`,
    [ids, reason, by, lastAction],
  );
  if (rows.length === 0) return { orders: 0, events: 0 };
  const orders = rows.map((row) => row.order_id);
  await lockPartitionsOf(tx, orders);
  const { rowCount } = await tx.query(
    `UPDATE outbox SET published_at = NULL
     WHERE subject = ANY($1) AND published_at IS NOT NULL
       AND NOT (subject = ANY($2) AND type = $3 AND (data::json->>'withdrawn') IS DISTINCT FROM 'true')`,
    [orders, await findWithdrawn(tx, orders), orderReady.type],
  );
  return { orders: orders.length, events: rowCount ?? 0 };
}

/**
 * The orders that an operator cancels or has cancelled, and that are not shipped. Of their events order.ready, only the
 * one that withdraws the order is published again: a fulfillment that forgot it would ship the order on the first one.
 */
async function findWithdrawn(tx: Queryable, orders: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ order_id: string }>(
    `SELECT order_id FROM sagas JOIN saga_steps AS t USING (order_id)
     WHERE order_id = ANY($1::uuid[]) AND cancel_requested_at IS NOT NULL AND step = 'ship' AND t.state <> 'done'`,
    [orders],
  );
  return rows.map((row) => row.order_id);
}
