import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CheckRequestSchema, ReserveRequestSchema } from '../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import type { Database } from '../lib/postgres/database.ts';
import { startTestDatabase } from '../lib/testing/databases.ts';
import { inventoryHandlers } from './handlers.ts';
import { migrations, purgeHolds, release, reserve, resetStock } from './stock.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(() => resetStock(database));

async function stockOf(sku: string): Promise<number | undefined> {
  const { rows } = await database.query<{ available: number }>('SELECT available FROM stock WHERE sku = $1', [sku]);
  return rows[0]?.available;
}

const rare = (quantity: number) => [{ sku: 'rare', quantity }];

test('Check lists every shortage, including unknown SKUs, and changes nothing', async () => {
  const lines = [
    ...rare(4),
    { sku: 'mug', quantity: 1000 },
    { sku: 'gone', quantity: 1 },
    { sku: 'nope', quantity: 1 },
  ];
  const { shortages } = await inventoryHandlers(database).check(create(CheckRequestSchema, { lines }));
  expect(shortages).toEqual([
    { sku: 'gone', requested: 1, available: 0 },
    { sku: 'nope', requested: 1, available: 0 },
    { sku: 'rare', requested: 4, available: 3 },
  ]);
  expect(await stockOf('rare')).toBe(3);
});

test('Reserve reserves all lines or none', async () => {
  expect(await reserve(database, 'k-1', 'o-1', [{ sku: 'mug', quantity: 2 }, ...rare(4)])).toHaveLength(1);
  expect(await stockOf('mug')).toBe(1_000_000);
  expect(await reserve(database, 'k-2', 'o-1', [{ sku: 'mug', quantity: 2 }, ...rare(3)])).toEqual([]);
  expect([await stockOf('mug'), await stockOf('rare')]).toEqual([999_998, 0]);
});

test('the same key reserves once, even concurrently; with another request it is rejected', async () => {
  const first = () => reserve(database, 'k-1', 'o-1', rare(2));
  expect(await Promise.all([first(), first(), first()])).toEqual([[], [], []]);
  expect(await stockOf('rare')).toBe(1);
  await expect(reserve(database, 'k-1', 'o-1', rare(1))).rejects.toMatchObject({ code: 'key-reused' });
});

test('orders that compete for the last items do not reserve more than there are', async () => {
  const orders = Array.from({ length: 6 }, (_, n) => reserve(database, `k-${n}`, `o-${n}`, rare(1)));
  const served = (await Promise.all(orders)).filter((shortages) => shortages.length === 0);
  expect([served.length, await stockOf('rare')]).toEqual([3, 0]);
});

test('Release returns the stock of an order once, and nothing for an order without a reservation', async () => {
  await reserve(database, 'k-1', 'o-1', rare(2));
  expect(await release(database, 'k-2', 'o-1')).toBe(true);
  expect(await release(database, 'k-2', 'o-1')).toBe(true);
  expect(await release(database, 'k-3', 'o-1')).toBe(false);
  expect(await stockOf('rare')).toBe(3);
});

test('a Reserve after the Release of its order reserves nothing, even if both run concurrently', async () => {
  expect(await release(database, 'k-1', 'o-1')).toBe(false);
  await expect(reserve(database, 'k-2', 'o-1', rare(2))).rejects.toMatchObject({ code: 'failed-precondition' });
  expect(await stockOf('rare')).toBe(3);
  for (let round = 0; round < 20; round++) {
    const orderId = `o-at-once-${round}`;
    await Promise.allSettled([
      reserve(database, `reserve:${orderId}`, orderId, rare(2)),
      release(database, `release:${orderId}`, orderId),
    ]);
    expect(await stockOf('rare')).toBe(3);
  }
});

test('a repeated Reserve gets its first answer again after the Release, and reserves nothing', async () => {
  await reserve(database, 'k-1', 'o-1', rare(2));
  await release(database, 'k-2', 'o-1');
  expect(await reserve(database, 'k-1', 'o-1', rare(2))).toEqual([]);
  expect(await stockOf('rare')).toBe(3);
});

const sku = (text: string) => ({ lines: [{ sku: text, quantity: 1 }] });
const lineOf = (_: unknown, index: number) => ({ sku: `s-${index}`, quantity: 1 });

test.each([
  ['no key', { idempotencyKey: '' }, 'idempotency_key'],
  ['a key of 8 kB', { idempotencyKey: 'k'.repeat(8_000) }, 'idempotency_key'],
  ['no order', { orderId: '' }, 'order_id'],
  ['a NUL in the order', { orderId: 'o\0' }, 'order_id'],
  ['an order id of 256 characters', { orderId: 'o'.repeat(256) }, 'order_id'],
  ['no lines', { lines: [] }, 'lines'],
  ['51 lines', { lines: Array.from({ length: 51 }, lineOf) }, 'lines'],
  ['one SKU twice', { lines: [...rare(1), ...rare(1)] }, 'lines'],
  ['a quantity of 0', { lines: rare(0) }, 'lines[0].quantity'],
  ['no SKU', sku(''), 'lines[0].sku'],
  ['a NUL in a SKU', sku('a\0b'), 'lines[0].sku'],
  ['a SKU of 65 characters', sku('s'.repeat(65)), 'lines[0].sku'],
])('a Reserve with %s is invalid, and its field is named', async (_, change, field) => {
  const request = create(ReserveRequestSchema, { idempotencyKey: 'k', orderId: 'o', lines: rare(1), ...change });
  await expect(inventoryHandlers(database).reserve(request)).rejects.toMatchObject({
    code: 'invalid',
    details: { errors: [{ field }] },
  });
  expect(await stockOf('rare')).toBe(3);
});

test('a Reserve of other lines than those reserved for its order is rejected', async () => {
  await reserve(database, 'reserve-1', 'o-1', rare(1));
  for (const lines of [rare(2), [...rare(1), { sku: 'mug', quantity: 1 }], [{ sku: 'mug', quantity: 1 }]]) {
    await expect(reserve(database, 'reserve-2', 'o-1', lines)).rejects.toMatchObject({ code: 'failed-precondition' });
  }
  expect([await stockOf('rare'), await stockOf('mug')]).toEqual([2, 1_000_000]);
});

test('a reservation that is repeated after its key was purged reserves nothing more', async () => {
  await reserve(database, 'reserve-1', 'o-1', rare(1));
  await database.query('TRUNCATE idempotency_keys');
  expect(await reserve(database, 'reserve-1', 'o-1', rare(1))).toEqual([]);
  expect(await stockOf('rare')).toBe(2);
});

test('purging forgets an order 90 days after its release, and keeps reservations for as long as orders are kept', async () => {
  await reserve(database, 'reserve-1', 'o-1', rare(1));
  await reserve(database, 'reserve-2', 'o-2', rare(1));
  await release(database, 'release-2', 'o-2');
  const count = async () => (await database.query('SELECT order_id FROM order_holds ORDER BY 1')).rows;
  await purgeHolds(database, 430);
  expect(await count()).toHaveLength(2);
  await database.query("UPDATE order_holds SET released_at = released_at - interval '91 days'");
  await purgeHolds(database, 430);
  expect(await count()).toEqual([{ order_id: 'o-1' }]);
  expect(await stockOf('rare')).toBe(2);
  await database.query("UPDATE order_holds SET at = at - interval '431 days'");
  await purgeHolds(database, 430);
  expect(await count()).toEqual([]);
  expect((await database.query('SELECT 1 FROM reservations')).rows).toEqual([]);
  expect(await stockOf('rare'), 'the goods are sold').toBe(2);
});
