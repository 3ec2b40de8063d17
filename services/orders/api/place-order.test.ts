import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { catalogue } from '../../contracts/catalogue.ts';
import { CheckResponseSchema } from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { AuthorizeResponseSchema } from '../../contracts/gen/windlass/payments/v1/payments_pb.js';
import { silentLog } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { claimOrderKey, renewOrderKey } from '../store/idempotency-keys.ts';
import { changeStatus, migrations, readOrder, resetOrders } from '../store/store.ts';
import { testVault } from '../tokens/testing/vault.ts';
import type { StoredToken } from '../tokens/token-vault.ts';
import { readOrderRequest } from './order-request.ts';
import { type PlaceOrderDeps, placeOrder } from './place-order.ts';

let database: Database;
let stop: () => Promise<void>;
/** What payments holds, by key. As the real service, it rejects a key with another amount. */
const held = new Map<string, bigint>();
const deps = () => ({ database, inventory: { check }, payments: { authorize }, vault: testVault, log: silentLog });
let check: PlaceOrderDeps['inventory']['check'];
const authorize: PlaceOrderDeps['payments']['authorize'] = async ({ idempotencyKey = '', amount }) => {
  const amountMinor = amount?.amountMinor ?? 0n;
  if ((held.get(idempotencyKey) ?? amountMinor) !== amountMinor) throw new Error('ALREADY_EXISTS');
  held.set(idempotencyKey, amountMinor);
  return create(AuthorizeResponseSchema, { outcome: { case: 'authorized', value: { authorizationId: 'a-1' } } });
};

beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(async () => {
  await resetOrders(database);
  held.clear();
  check = async () => create(CheckResponseSchema);
});

const request = readOrderRequest('c-1', 'k-1', {
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'NO' },
  paymentToken: 'tok_ok',
});

async function failToStore(idempotencyKey = request.idempotencyKey): Promise<void> {
  await database.query("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (topic <> 'orders.v1')");
  await expect(placeOrder(deps(), { ...request, idempotencyKey })).rejects.toThrow();
  await database.query('ALTER TABLE outbox DROP CONSTRAINT broken');
}

const price = { amountMinor: 2_400, paymentToken: testVault.seal('tok_ok') };
const setPrice = (unitPriceMinor: number) => Object.assign(catalogue.mug, { unitPriceMinor });
afterEach(() => setPrice(1_200));

test('the amount of the first request with a key counts, even if the price changes before the second', async () => {
  await failToStore();
  setPrice(1_300);
  const { outcome } = await placeOrder(deps(), request);
  expect(outcome).toMatchObject({ kind: 'placed', order: { status: 'confirmed', total: { amountMinor: 2_400 } } });
  expect([...held.values()]).toEqual([2_400n]);
  const { rows } = await database.query('SELECT total_minor FROM orders');
  expect(rows).toEqual([{ total_minor: '2400' }]);
});

test('the lines of the event have the prices of its total, or none', async () => {
  await failToStore('k-2');
  await placeOrder(deps(), request);
  setPrice(1_300);
  await placeOrder(deps(), { ...request, idempotencyKey: 'k-2' });
  const { rows } = await database.query<{ data: string }>(
    "SELECT data FROM outbox WHERE topic = 'orders.v1' ORDER BY id",
  );
  expect(rows.map(({ data }) => JSON.parse(data).lines)).toEqual([
    [{ sku: 'mug', quantity: 2, unitPrice: { currency: 'USD', amountMinor: '1200' } }],
    [{ sku: 'mug', quantity: 2 }],
  ]);
  const stored = await database.query('SELECT items FROM orders ORDER BY placed_at');
  expect(stored.rows[0]).toEqual({ items: [{ sku: 'mug', quantity: 2, unitPriceMinor: 1_200 }] });
});

test('a key that was claimed too late asks no partner, and is free for the next request', async () => {
  const locked = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const locking = database.transaction(async (tx) => {
    await tx.query('LOCK TABLE idempotency_keys');
    locked.resolve();
    await finish.promise;
  });
  await locked.promise;
  const late = placeOrder({ ...deps(), storeWithinMs: 100 }, request);
  await sleep(200);
  finish.resolve();
  await locking;
  await expect(late).rejects.toMatchObject({ code: 'unavailable' });
  expect(held.size).toBe(0);
  expect((await database.query('SELECT 1 FROM idempotency_keys')).rows, 'or it would be authorized later').toEqual([]);
  expect((await placeOrder(deps(), request)).outcome).toMatchObject({ order: { status: 'confirmed' } });
});

test('a key that was left in flight keeps its amount as well, and a new key gets the new price', async () => {
  await claimOrderKey(database, request, price);
  await database.query("UPDATE idempotency_keys SET leased_until = now() - interval '1 s'");
  setPrice(1_300);
  const { outcome } = await placeOrder(deps(), request);
  const other = await placeOrder(deps(), { ...request, idempotencyKey: 'k-2' });
  expect(outcome).toMatchObject({ order: { total: { amountMinor: 2_400 } } });
  expect(other.outcome).toMatchObject({ order: { total: { amountMinor: 2_600 } } });
});

test('if the second request finds no stock, the payment of the first one is reversed', async () => {
  await failToStore();
  check = async () => create(CheckResponseSchema, { shortages: [{ sku: 'mug', requested: 2, available: 1 }] });
  expect((await placeOrder(deps(), request)).outcome.kind).toBe('out-of-stock');
  const { rows } = await database.query<{ payment_token: StoredToken; amount_minor: string }>(
    'SELECT payment_token, amount_minor FROM abandoned_payments',
  );
  expect(rows).toMatchObject([{ amount_minor: '2400' }]);
  expect(rows.map(({ payment_token }) => testVault.open(payment_token))).toEqual(['tok_ok']);
});

test('a request that finds no stock at first has nothing to reverse', async () => {
  check = async () => create(CheckResponseSchema, { shortages: [{ sku: 'mug', requested: 2, available: 1 }] });
  await placeOrder(deps(), request);
  expect((await database.query('SELECT 1 FROM abandoned_payments')).rows).toEqual([]);
});

test('a request renews its lease of the key while it is the one that holds it', async () => {
  const claim = await claimOrderKey(database, request, price);
  if (claim.kind === 'final') throw new Error('The key is final.');
  await database.query('UPDATE idempotency_keys SET leased_until = now()');
  expect(await renewOrderKey(database, request, claim)).toBe(true);
  const { rows } = await database.query("SELECT leased_until > now() + interval '29 s' AS ok FROM idempotency_keys");
  expect(rows).toEqual([{ ok: true }]);
  await database.query('UPDATE idempotency_keys SET lease = gen_random_uuid()');
  expect(await renewOrderKey(database, request, claim)).toBe(false);
});

test.each([10, -10])(
  'with a clock that is off by %i minutes, an order has the times of the database',
  async (minutes) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
    try {
      const { outcome } = await placeOrder(deps(), request);
      const orderId = outcome.kind === 'placed' ? outcome.order.orderId : '';
      await database.transaction((tx) => changeStatus(tx, orderId, 'fulfilled'));
      const { rows } = await database.query<{ wrong: string }>(
        `SELECT 'placed_at' AS wrong FROM orders WHERE abs(extract(epoch FROM placed_at - now())) > 5
         OR estimated_delivery::date - (now() AT TIME ZONE 'UTC')::date <> 4
       UNION ALL SELECT 'history' FROM order_history WHERE abs(extract(epoch FROM at - now())) > 5
       UNION ALL SELECT 'event' FROM outbox WHERE type = 'windlass.order.placed.v1'
         AND abs(extract(epoch FROM (data::json->>'placedAt')::timestamptz - now())) > 5`,
      );
      expect(rows).toEqual([]);
      const history = (await readOrder(database, orderId, 'anyone'))?.history.map(({ at }) => at) ?? [];
      expect(history).toEqual(history.toSorted());
    } finally {
      vi.useRealTimers();
    }
  },
);

test('history never goes backwards, even if the database moves to a server whose clock is behind', async () => {
  const { outcome } = await placeOrder(deps(), request);
  const orderId = outcome.kind === 'placed' ? outcome.order.orderId : randomUUID();
  await database.query("UPDATE order_history SET at = at + interval '1 hour'");
  await database.transaction((tx) => changeStatus(tx, orderId, 'fulfilled'));
  const history = (await readOrder(database, orderId, 'anyone'))?.history ?? [];
  expect(history.map(({ status }) => status)).toEqual(['confirmed', 'fulfilled']);
  expect(history[0]?.at).toBe(history[1]?.at);
});

test('a database that hangs makes the request fail before its client gives up, and nothing is stored later', async () => {
  const { promise: isLocked, resolve: lock } = Promise.withResolvers<void>();
  const locking = database.transaction(async (tx) => {
    await tx.query('LOCK TABLE orders');
    lock();
    await sleep(3_500);
  });
  await isLocked;
  const startedAt = performance.now();
  await expect(placeOrder(deps(), request)).rejects.toMatchObject({ code: 'unavailable' });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await locking;
  await sleep(100);
  expect((await database.query('SELECT 1 FROM orders')).rows).toEqual([]);
  expect((await placeOrder(deps(), request)).replayed).toBe(false);
  expect(held.size, 'with the same payment key').toBe(1);
});
