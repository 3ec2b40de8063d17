import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CheckResponseSchema } from '../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { AuthorizeResponseSchema } from '../contracts/gen/windlass/payments/v1/payments_pb.js';
import { DomainError } from '../lib/errors/domain-error.ts';
import { createFaultInjection } from '../lib/faults/fault-injection.ts';
import { createApp } from '../lib/http/create-app.ts';
import { type Listening, listen } from '../lib/http/listen.ts';
import { silentLog } from '../lib/log/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { startTestDatabase } from '../lib/postgres/testing.ts';
import { purgeOrderKeys } from './idempotency-keys.ts';
import type { PlaceOrderDeps } from './place-order.ts';
import { ordersRoutes } from './routes.ts';
import { migrations, resetOrders } from './store.ts';

const authorized = create(AuthorizeResponseSchema, {
  outcome: { case: 'authorized', value: { authorizationId: 'a-1' } },
});
const good = {
  customerId: 'c-1',
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'NO' },
  paymentToken: 'tok_ok',
};

let database: Database;
let stop: () => Promise<void>;
let server: Listening;
let check: PlaceOrderDeps['inventory']['check'];
let authorize: PlaceOrderDeps['payments']['authorize'];
let paymentKeys: (string | undefined)[];

beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
  const inventory: PlaceOrderDeps['inventory'] = { check: (request) => check(request) };
  const payments: PlaceOrderDeps['payments'] = {
    authorize(request) {
      paymentKeys.push(request.idempotencyKey);
      return authorize(request);
    },
  };
  const routes = ordersRoutes({ database, inventory, payments, log: silentLog });
  server = await listen(createApp(routes, createFaultInjection(false), silentLog), '127.0.0.1', 0);
});
afterAll(async () => {
  await server.drain();
  await stop();
});
beforeEach(async () => {
  await resetOrders(database);
  paymentKeys = [];
  check = async () => create(CheckResponseSchema);
  authorize = async () => authorized;
});

async function post(body: unknown = good, key: string | undefined = 'k-1') {
  const response = await fetch(`http://127.0.0.1:${server.port}/v1/orders`, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(key !== '' && { headers: { 'idempotency-key': key } }),
  });
  const answer = (await response.json()) as { orderId?: string; type?: string };
  const { status, headers } = response;
  return { status, answer, replayed: headers.get('idempotency-replayed'), location: headers.get('location') };
}

async function count(table: 'orders' | 'outbox' | 'idempotency_keys'): Promise<number> {
  return (await database.query(`SELECT 1 FROM ${table}`)).rows.length;
}

test('an order is confirmed, stored with its event, and can be read with its history', async () => {
  const { status, answer, location, replayed } = await post();
  expect([status, replayed, location]).toEqual([201, null, `/v1/orders/${answer.orderId}`]);
  expect(answer).toEqual({
    orderId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    status: 'confirmed',
    total: { currency: 'USD', amountMinor: 2400 },
    estimatedDelivery: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  });
  expect([await count('orders'), await count('outbox')]).toEqual([1, 1]);
  const read = await fetch(`http://127.0.0.1:${server.port}${location}`);
  const history = [{ at: expect.any(String), status: 'confirmed' }];
  expect(await read.json()).toEqual({ ...answer, history });
});

test('the event says what was ordered, and neither token nor address', async () => {
  await post();
  const { rows } = await database.query<{ data: string }>('SELECT data FROM outbox');
  expect(JSON.parse(rows[0]?.data ?? '')).toMatchObject({
    customerId: 'c-1',
    status: 'ORDER_STATUS_CONFIRMED',
    lines: [{ sku: 'mug', quantity: 2, unitPrice: { currency: 'USD', amountMinor: '1200' } }],
    total: { currency: 'USD', amountMinor: '2400' },
  });
  expect(rows[0]?.data).not.toMatch(/tok_ok|B 1/);
});

test('the same key and body get the first answer again; another body, 422; another customer, an own order', async () => {
  const first = await post();
  expect(await post()).toEqual({ ...first, replayed: 'true' });
  expect(await post({ ...good, items: [{ sku: 'mug', quantity: 3 }] })).toMatchObject({
    status: 422,
    answer: { type: expect.stringMatching(/\/key-reused$/) },
  });
  expect((await post({ ...good, customerId: 'c-2' })).status).toBe(201);
  expect([await count('orders'), paymentKeys.length]).toEqual([2, 2]);
});

test('a decline and a shortage are final answers, too, and store no order', async () => {
  authorize = async () =>
    create(AuthorizeResponseSchema, { outcome: { case: 'declined', value: { reason: 'insufficient funds' } } });
  const declined = await post(good, 'k-declined');
  expect(declined).toMatchObject({ status: 402, answer: { type: expect.stringMatching(/\/declined$/) } });
  check = async () => create(CheckResponseSchema, { shortages: [{ sku: 'mug', requested: 2, available: 1 }] });
  const short = await post(good, 'k-short');
  const items = [{ sku: 'mug', requested: 2, available: 1 }];
  expect(short).toMatchObject({ status: 409, answer: { type: expect.stringMatching(/\/out-of-stock$/), items } });

  [check, authorize] = [async () => create(CheckResponseSchema), async () => authorized];
  expect(await post(good, 'k-declined')).toEqual({ ...declined, replayed: 'true' });
  expect(await post(good, 'k-short')).toEqual({ ...short, replayed: 'true' });
  expect([await count('orders'), await count('outbox')]).toEqual([0, 0]);
});

test('of requests with one key side by side one is worked on and the others are told so', async () => {
  const { promise: hold, resolve: letGo } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  authorize = async () => {
    reach();
    await hold;
    return authorized;
  };
  const first = post();
  await reached;
  const others = await Promise.all([post(), post(), post()]);
  for (const { status, answer } of others)
    expect([status, answer.type]).toEqual([409, expect.stringMatching(/\/in-flight$/)]);
  expect((await post({ ...good, items: [{ sku: 'tee', quantity: 1 }] })).status).toBe(422);
  letGo();
  expect((await first).status).toBe(201);
  expect([(await post()).replayed, paymentKeys.length]).toEqual(['true', 1]);
});

test('a dependency that fails is a 503 that stores nothing, and the same request then succeeds with the same payment key', async () => {
  authorize = () => Promise.reject(new DomainError('outcome-unknown', 'payments.Authorize answered UNAVAILABLE'));
  const failed = await post();
  expect(failed).toMatchObject({ status: 503, answer: { type: expect.stringMatching(/\/unavailable$/) } });
  expect([await count('orders'), await count('outbox')]).toEqual([0, 0]);
  authorize = async () => authorized;
  expect(await post()).toMatchObject({ status: 201, replayed: null });
  expect(paymentKeys[0]).toBe(paymentKeys[1]);
});

test('after a 503 the key may be used for another body, which is another payment', async () => {
  check = () => Promise.reject(new DomainError('outcome-unknown', 'late'));
  expect((await post()).status).toBe(503);
  check = async () => create(CheckResponseSchema);
  authorize = () => Promise.reject(new DomainError('outcome-unknown', 'late'));
  await post();
  authorize = async () => authorized;
  expect((await post({ ...good, items: [{ sku: 'tee', quantity: 1 }] })).status).toBe(201);
  expect(new Set(paymentKeys).size).toBe(2);
});

test('a key left in flight by a pod that died can be taken after its lease, with the same order id', async () => {
  authorize = () => Promise.reject(new DomainError('outcome-unknown', 'late'));
  await post();
  await database.query("UPDATE idempotency_keys SET state = 'in-flight'");
  authorize = async () => authorized;
  expect((await post()).status).toBe(409);
  await database.query("UPDATE idempotency_keys SET leased_until = now() - interval '1 s'");
  expect((await post()).status).toBe(201);
  expect(new Set(paymentKeys).size).toBe(1);
});

test('a key is forgotten after 24 hours', async () => {
  const first = await post();
  await database.query("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'");
  const second = await post();
  expect([second.status, second.replayed]).toEqual([201, null]);
  expect(second.answer.orderId).not.toBe(first.answer.orderId);
  await database.query("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'");
  await purgeOrderKeys(database);
  expect(await count('idempotency_keys')).toBe(0);
});

test('bad input stores nothing, not even the key', async () => {
  for (const body of [{}, { ...good, items: [] }, { ...good, paymentToken: 'tok_gold' }]) {
    expect((await post(body)).status).toBe(400);
  }
  expect((await post(good, '')).status).toBe(400);
  expect((await post(good, 'k'.repeat(256))).status).toBe(400);
  expect([await count('idempotency_keys'), await count('orders'), paymentKeys.length]).toEqual([0, 0, 0]);
});

test.each(['nope', '%00', '%E0', '00000000-0000-4000-8000-000000000000'])('there is no order %s: 404', async (id) => {
  const response = await fetch(`http://127.0.0.1:${server.port}/v1/orders/${id}`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ type: expect.stringMatching(/\/not-found$/) });
});
