import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../lib/postgres/database.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { migrations } from '../store/store.ts';
import { countQueries, readCounts } from './saga-metrics.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
  await database.query(
    `INSERT INTO orders (id, customer_id, status, items, shipping_address, currency, total_minor, estimated_delivery, placed_at)
     SELECT gen_random_uuid(), 'c', CASE WHEN n % 1000 = 0 THEN 'confirmed' ELSE 'fulfilled' END, '[]', '{}', 'USD', 1,
       '2026-11-30', now() - interval '1 day' FROM generate_series(1, 20000) AS n`,
  );
  await database.query(
    `INSERT INTO sagas (order_id, state, trace, started_at)
     SELECT id, CASE status WHEN 'confirmed' THEN 'waiting' ELSE 'ended' END, '{}', placed_at FROM orders`,
  );
  await database.query('ANALYZE orders, sagas');
});
afterAll(() => stop());

test.each(Object.entries(countQueries))('the query %s reads only what has not ended', async (_, sql) => {
  const { rows } = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toContain('Seq Scan');
  expect(plan).toMatch(/(orders_open|sagas_open|sagas_stuck)/);
});

test('the counts are those of the orders that wait', async () => {
  const { byStatus, lateByCause } = await readCounts(database);
  expect([byStatus.get('confirmed'), lateByCause.get('shipment')]).toEqual([20, 20]);
});
