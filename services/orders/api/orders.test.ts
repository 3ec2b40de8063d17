import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CheckResponseSchema } from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { AuthorizeResponseSchema } from '../../contracts/gen/windlass/payments/v1/payments_pb.js';
import { createFaultInjection } from '../../lib/faults/fault-injection.ts';
import { createApp } from '../../lib/http/create-app.ts';
import { type Listening, listen } from '../../lib/http/listen.ts';
import { silentLog } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { purgeOrderKeys } from '../store/idempotency-keys.ts';
import { migrations, resetOrders } from '../store/store.ts';
import { testVault } from '../tokens/testing/vault.ts';
import type { StoredToken } from '../tokens/token-vault.ts';
import { readOrderRequest } from './order-request.ts';
import { type PlaceOrderDeps, placeOrder } from './place-order.ts';
import { ordersRoutes } from './routes.ts';
import { asCustomer } from './testing/principal.ts';

const authorized = create(AuthorizeResponseSchema, {
  outcome: { case: 'authorized', value: { authorizationId: 'a-1' } },
});
const good = {
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
  const routes = ordersRoutes({
    database,
    inventory,
    payments,
    vault: testVault,
    log: silentLog,
    storeWithinMs: 60_000,
  });
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

async function post(body: unknown = good, key = 'k-1', as = asCustomer()) {
  const response = await fetch(`http://127.0.0.1:${server.port}/v1/orders`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...as, ...(key !== '' && { 'idempotency-key': key }) },
  });
  const answer = (await response.json()) as { orderId?: string; type?: string; status?: string };
  const { status, headers } = response;
  return { status, answer, replayed: headers.get('idempotency-replayed'), location: headers.get('location') };
}

async function count(table: 'orders' | 'outbox' | 'idempotency_keys' | 'sagas'): Promise<number> {
  return (await database.query(`SELECT 1 FROM ${table}`)).rows.length;
}

async function events(): Promise<(string | undefined)[]> {
  const { rows } = await database.query<{ type: string }>('SELECT type FROM outbox ORDER BY id');
  return rows.map(({ type }) => /windlass\.(.*)\.v1/.exec(type)?.[1]);
}

async function steps(): Promise<Record<string, string>> {
  const { rows } = await database.query<{ step: string; state: string }>('SELECT step, state FROM saga_steps');
  return Object.fromEntries(rows.map(({ step, state }) => [step, state]));
}

test('an order is confirmed, stored with its events, and can be read with its history', async () => {
  const { status, answer, location, replayed } = await post();
  expect([status, replayed, location]).toEqual([201, null, `/v1/orders/${answer.orderId}`]);
  expect(answer).toEqual({
    orderId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    status: 'confirmed',
    total: { currency: 'USD', amountMinor: 2400 },
    estimatedDelivery: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  });
  expect(await count('orders')).toBe(1);
  expect(await events()).toEqual(['order.placed', 'payment.authorized']);
  const read = await fetch(`http://127.0.0.1:${server.port}${location}`, { headers: asCustomer() });
  const history = [{ at: expect.any(String), status: 'confirmed' }];
  expect(await read.json()).toEqual({ ...answer, history });
});

test('the event contains the ordered items, and neither token nor address', async () => {
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

test('the same key gets the first answer again, with another body 422, from another customer a new order', async () => {
  const first = await post();
  expect(await post()).toEqual({ ...first, replayed: 'true' });
  expect(await post({ ...good, items: [{ sku: 'mug', quantity: 3 }] })).toMatchObject({
    status: 422,
    answer: { type: expect.stringMatching(/\/key-reused$/) },
  });
  expect((await post(good, 'k-1', asCustomer('c-2'))).status).toBe(201);
  expect([await count('orders'), paymentKeys.length]).toEqual([2, 2]);
});

test('a decline and a shortage are also final answers, and store no order', async () => {
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

test('of concurrent requests with one key, one is processed and the others are rejected as in flight', async () => {
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

const late = () => Promise.reject(new DomainError('outcome-unknown', 'payments.Authorize answered UNAVAILABLE'));

test.each(['Check', 'Authorize'] as const)('without an answer to %s the order is accepted as pending', async (call) => {
  if (call === 'Check') check = late;
  else authorize = late;
  const pending = await post();
  expect(pending).toMatchObject({ status: 202, replayed: null, answer: { status: 'pending' } });
  expect(pending.location).toBe(`/v1/orders/${pending.answer.orderId}`);
  expect(await events()).toEqual(['order.placed']);
  expect(await steps()).toEqual({ authorise: 'todo', reserve: 'todo', capture: 'todo', ship: 'todo', close: 'todo' });
  const { rows } = await database.query<{ payment_token: StoredToken }>(
    'SELECT status, payment_token, authorization_id FROM orders',
  );
  expect(rows).toMatchObject([{ status: 'pending', authorization_id: null }]);
  expect(rows.map(({ payment_token }) => testVault.open(payment_token))).toEqual(['tok_ok']);

  [check, authorize] = [async () => create(CheckResponseSchema), async () => authorized];
  expect(await post(), 'the first answer again').toEqual({ ...pending, replayed: 'true' });
  expect([await count('orders'), paymentKeys.length]).toEqual([1, call === 'Check' ? 0 : 1]);
});

test('a confirmed order is already authorized, and neither the order nor its key keeps the token', async () => {
  const { answer } = await post();
  expect(await steps()).toMatchObject({ authorise: 'done', reserve: 'todo' });
  const { rows } = await database.query('SELECT id, payment_token, authorization_id FROM orders');
  expect(rows).toEqual([{ id: answer.orderId, payment_token: null, authorization_id: 'a-1' }]);
  const { rows: keys } = await database.query('SELECT state, payment_token, amount_minor FROM idempotency_keys');
  expect(keys).toEqual([{ state: 'final', payment_token: null, amount_minor: null }]);
});

test('of 20 concurrent requests with one key, one places the order', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => post()));
  const placed = answers.filter(({ status }) => status === 201);
  expect(new Set(placed.map(({ answer }) => answer.orderId)).size).toBe(1);
  expect(placed.filter(({ replayed }) => replayed === null)).toHaveLength(1);
  expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
  expect([await count('orders'), await count('sagas'), paymentKeys.length]).toEqual([1, 1, 1]);
});

/** Makes the transaction that stores an order fail. */
async function breakStore(): Promise<void> {
  await database.query("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (topic <> 'orders.v1')");
}
const mendStore = () => database.query('ALTER TABLE outbox DROP CONSTRAINT IF EXISTS broken');
afterEach(mendStore);

test('an order that cannot be stored leaves no rows; the same request continues with its payment key', async () => {
  await breakStore();
  expect((await post()).status).toBe(500);
  expect([await count('orders'), await count('outbox'), await count('sagas')]).toEqual([0, 0, 0]);
  expect((await post({ ...good, items: [{ sku: 'tee', quantity: 1 }] })).status, 'money may be held for it').toBe(422);
  await mendStore();
  expect(await post()).toMatchObject({ status: 201, replayed: null });
  expect(paymentKeys).toHaveLength(2);
  expect(new Set(paymentKeys).size).toBe(1);
});

test("if orders' own database fails, the answer is 503, even if it fails at commit", async () => {
  for (const code of ['unavailable', 'outcome-unknown'] as const) {
    const failing: Database = { ...database, transaction: () => Promise.reject(new DomainError(code, 'down')) };
    const request = readOrderRequest('c-1', code, good);
    const placing = placeOrder(
      { database: failing, inventory: { check }, payments: { authorize }, vault: testVault, log: silentLog },
      request,
    );
    await expect(placing).rejects.toMatchObject({ code: 'unavailable' });
  }
});

test('while Postgres is read-only the answer is 503, and the same request is placed afterwards', async () => {
  const setReadOnly = async (value: 'on' | 'off') => {
    await database.session(async (session) => {
      await session.query('SET default_transaction_read_only = off');
      const { rows } = await session.query<{ name: string }>('SELECT current_database() AS name');
      await session.query(`ALTER DATABASE "${rows[0]?.name}" SET default_transaction_read_only = ${value}`);
      await session.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
    });
    // The pool notices the ends of its idle connections.
    await sleep(100);
  };
  await setReadOnly('on');
  expect(await post()).toMatchObject({ status: 503, answer: { type: expect.stringMatching(/unavailable$/) } });
  expect(paymentKeys).toEqual([]);
  await setReadOnly('off');
  expect(await post()).toMatchObject({ status: 201, replayed: null });
});

test('a key that a dead pod left in flight can be claimed after its lease, with the same order id', async () => {
  await breakStore();
  await post();
  await mendStore();
  await database.query("UPDATE idempotency_keys SET state = 'in-flight'");
  expect((await post()).status).toBe(409);
  await database.query("UPDATE idempotency_keys SET leased_until = now() - interval '1 s'");
  expect((await post()).status).toBe(201);
  expect(new Set(paymentKeys).size).toBe(1);
});

test('a request that was frozen while another one took over its key stores nothing', async () => {
  let second: Promise<Awaited<ReturnType<typeof post>>> | undefined;
  authorize = async () => {
    authorize = async () => authorized;
    await database.query("UPDATE idempotency_keys SET leased_until = now() - interval '1 s'");
    second = post();
    await second;
    return authorized;
  };
  expect(await post()).toMatchObject({ status: 409, answer: { type: expect.stringMatching(/\/in-flight$/) } });
  expect((await second)?.status).toBe(201);
  expect([await count('orders'), (await post()).replayed]).toEqual([1, 'true']);
});

test('a key expires after 24 hours', async () => {
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
  const response = await fetch(`http://127.0.0.1:${server.port}/v1/orders/${id}`, { headers: asCustomer() });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ type: expect.stringMatching(/\/not-found$/) });
});

test('a path of version 2 is cut before it goes into an answer', async () => {
  const response = await fetch(`http://127.0.0.1:${server.port}/v2/${'x'.repeat(8_000)}`);
  expect(response.status).toBe(404);
  expect((await response.text()).length).toBeLessThan(500);
});

describe('a customer', () => {
  const read = async (id = '', as = asCustomer()) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/orders/${id}`, { headers: as });
    return { status: response.status, body: await response.json() };
  };

  test('has keys of its own: the key of another one neither replays nor blocks', async () => {
    const first = await post();
    expect(first).toMatchObject({ status: 201, replayed: null });
    expect(await post({ ...good, items: [{ sku: 'tee', quantity: 1 }] }, 'k-1', asCustomer('c-2'))).toMatchObject({
      status: 201,
      replayed: null,
    });
    expect(await post()).toMatchObject({ status: 201, replayed: 'true', answer: first.answer });
  });

  test('cannot order in the name of another one, and uses no key of either', async () => {
    for (const body of [{ ...good, customerId: 'c-2' }, { customerId: 'c-2' }]) {
      expect(await post(body)).toMatchObject({
        status: 403,
        answer: { type: expect.stringMatching(/\/forbidden$/), errors: [{ field: 'customerId' }] },
      });
    }
    expect([await count('idempotency_keys'), await count('orders'), paymentKeys.length]).toEqual([0, 0, 0]);
  });

  test("gets for another one's order what it gets for an order that does not exist; support reads all", async () => {
    const { answer } = await post();
    const missing = await read('00000000-0000-4000-8000-000000000000');
    expect(missing.status).toBe(404);
    expect(await read(answer.orderId, asCustomer('c-2'))).toEqual(missing);
    expect(await read(answer.orderId, asCustomer('c-2', { roles: ['analyst'] }))).toEqual(missing);
    for (const reader of [asCustomer(), asCustomer('c-2', { roles: ['support'] })])
      expect(await read(answer.orderId, reader)).toMatchObject({ status: 200, body: { orderId: answer.orderId } });
  });

  const base64url = (text: string) => ({ 'x-windlass-principal': Buffer.from(text).toString('base64url') });
  test.each([
    ['no header', {}],
    ['an empty header', { 'x-windlass-principal': '' }],
    ['a header that is not base64url', { 'x-windlass-principal': '{"sub":"c-1"}' }],
    ['a header that is not JSON', base64url('c-1')],
    [
      'a header that is not UTF-8',
      { 'x-windlass-principal': Buffer.from('{"sub":"\xe9"}', 'latin1').toString('base64url') },
    ],
    ['null', base64url('null')],
    ['no sub', base64url('{"customerId":"c-1"}')],
    ['an empty sub', asCustomer('')],
    ['a sub of spaces', asCustomer('  ')],
    ['a sub of 65 characters', asCustomer('c'.repeat(65))],
    ['a sub with a NUL', asCustomer('c\u0000')],
    ['a sub that is a number', asCustomer(1)],
    ['a list of subs', asCustomer(['c-1'])],
    ['roles that are numbers', asCustomer('c-1', { roles: [1] })],
  ])('is known by its token only: %s is 401, for orders and for reading one', async (_, as) => {
    const refusal = { status: 401, type: expect.stringMatching(/\/unauthenticated$/) };
    const { answer, status } = await post(good, 'k-1', as);
    expect([status, answer]).toEqual([401, expect.objectContaining(refusal)]);
    expect(await read('nope', as)).toMatchObject({ status: 401, body: refusal });
    expect(await count('idempotency_keys')).toBe(0);
  });

  test('that two headers name is none', async () => {
    const twice = new Headers(asCustomer());
    twice.append('x-windlass-principal', asCustomer('c-2')['x-windlass-principal'] ?? '');
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/orders/nope`, { headers: twice });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });
});
