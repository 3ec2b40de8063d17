import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../lib/postgres/database.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { purgeOrders } from './purge-orders.ts';
import { migrations, resetOrders } from './store.ts';
import { insertOrder } from './testing/insert-order.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(() => resetOrders(database));

/** Stores an order with its saga. @param endedDaysAgo undefined: it is open */
async function store(endedDaysAgo?: number): Promise<string> {
  const orderId = await insertOrder(database);
  const state = endedDaysAgo === undefined ? 'waiting' : 'ended';
  await database.query(
    `INSERT INTO sagas (order_id, state, trace, started_at, ended_at)
     VALUES ($1, $2, '{}', now() - interval '1000 days', now() - make_interval(days => $3))`,
    [orderId, state, endedDaysAgo ?? null],
  );
  await database.query("INSERT INTO saga_steps (order_id, step, state) VALUES ($1, 'close', 'done')", [orderId]);
  await database.query("INSERT INTO order_history (order_id, status) VALUES ($1, 'confirmed')", [orderId]);
  return orderId;
}

async function idsIn(table: string, column = 'order_id'): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(`SELECT ${column} AS id FROM ${table} ORDER BY 1`);
  return rows.map(({ id }) => id);
}

test('an order is deleted with all of its rows when its end is older than the retention, an open one never', async () => {
  await store(401);
  const kept = [await store(399), await store()].toSorted();
  expect(await purgeOrders(database, 400)).toBe(1);
  expect(await idsIn('orders', 'id')).toEqual(kept);
  for (const table of ['sagas', 'saga_steps', 'order_history']) expect(await idsIn(table), table).toEqual(kept);
});

test('an order stays while a payment, a repeat or an event of it waits', async () => {
  const [payment, repeat, event] = [await store(500), await store(500), await store(500)];
  await database.query("INSERT INTO abandoned_payments (order_id, payment_token, amount_minor) VALUES ($1, 't', 1)", [
    payment,
  ]);
  await database.query("INSERT INTO order_actions (order_id, action, reason) VALUES ($1, 'repeat', 'r')", [repeat]);
  await database.query(
    `INSERT INTO outbox (topic, event_id, source, type, subject, data, trace)
     VALUES ('orders.v1', gen_random_uuid(), 's', 't', $1, '{}', '{}')`,
    [event],
  );
  expect(await purgeOrders(database, 400)).toBe(0);
  await database.query('DELETE FROM abandoned_payments');
  await database.query('UPDATE order_actions SET done_at = now()');
  await database.query('UPDATE outbox SET published_at = now()');
  expect(await purgeOrders(database, 400)).toBe(3);
});

test('more orders than one batch has are deleted', async () => {
  await database.query(
    `WITH many AS (SELECT gen_random_uuid() AS id FROM generate_series(1, 1100)),
     books AS (INSERT INTO orders (id, customer_id, status, items, shipping_address, currency, total_minor, estimated_delivery, placed_at)
       SELECT id, 'c', 'fulfilled', '[]', '{}', 'USD', 1, '2020-01-01', now() FROM many)
     INSERT INTO sagas (order_id, state, trace, ended_at)
       SELECT id, 'ended', '{}', now() - interval '500 days' FROM many`,
  );
  expect(await purgeOrders(database, 400)).toBe(1100);
  expect(await idsIn('orders', 'id')).toEqual([]);
});
