import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { FaultRule } from '../../services/lib/faults/rules.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { reverseAbandonedPayments } from '../../services/orders/saga/abandoned-payments.ts';
import { runRound, type Shop, startShop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());
beforeEach(() => shop.reset());

const path = {
  authorize: '/windlass.payments.v1.Payments/Authorize',
  capture: '/windlass.payments.v1.Payments/Capture',
  reverse: '/windlass.payments.v1.Payments/Reverse',
  reserve: '/windlass.inventory.v1.Inventory/Reserve',
  release: '/windlass.inventory.v1.Inventory/Release',
};
const ends = {
  fulfilled: {
    status: 'fulfilled',
    history: ['pending', 'confirmed', 'fulfilled'],
    saga: { state: 'ended', reason: null, attempts: 0, stuck_since: null, lease: null },
    events: [
      'order.placed',
      'payment.authorized',
      'order.confirmed',
      'stock.reserved',
      'payment.captured',
      'order.ready',
      'order.fulfilled',
    ],
    ledger: ['authorization', 'capture'],
    held: [{ sku: 'mug', quantity: 2 }],
    lostStock: [],
    keptTokens: 0,
  },
  'shipment-failed': {
    status: 'cancelled',
    history: ['pending', 'confirmed', 'cancelled: shipment-failed'],
    steps: { authorise: 'undone', reserve: 'undone', capture: 'undone', ship: 'refused', close: 'done' },
    events: [
      'order.placed',
      'payment.authorized',
      'order.confirmed',
      'stock.reserved',
      'payment.captured',
      'order.ready',
      'stock.released',
      'payment.reversed',
      'order.cancelled',
    ],
    ledger: ['authorization', 'capture', 'reversal'],
    held: [],
    lostStock: [],
    keptTokens: 0,
  },
  'out-of-stock': {
    history: ['pending', 'confirmed', 'cancelled: out-of-stock'],
    steps: { authorise: 'undone', reserve: 'refused', capture: 'todo', ship: 'todo', close: 'done' },
    events: [
      'order.placed',
      'payment.authorized',
      'order.confirmed',
      'stock.rejected',
      'payment.reversed',
      'order.cancelled',
    ],
    ledger: ['authorization', 'reversal'],
    held: [],
    lostStock: [],
    keptTokens: 0,
  },
  declined: {
    history: ['pending', 'cancelled: declined'],
    steps: { authorise: 'refused', reserve: 'todo', capture: 'todo', ship: 'todo', close: 'done' },
    events: ['order.placed', 'payment.declined', 'order.cancelled'],
    ledger: [],
    held: [],
    lostStock: [],
    keptTokens: 0,
  },
};

async function finish(afterRound: () => Promise<void> = async () => {}): Promise<void> {
  for (let round = 0; round < 60 && (await runRound(shop, shop)); round++) await afterRound();
}

const inject = (...rules: FaultRule[]) => shop.faults.rules.replace(rules);

test('a pending order is authorized, reserved, captured, shipped and closed', async () => {
  const orderId = await shop.place();
  await finish();
  expect(await shop.summary(orderId)).toMatchObject(ends.fulfilled);
});

test('a confirmed order was authorized while its customer waited, and is not authorized again', async () => {
  const orderId = await shop.place({ isPending: false });
  await finish();
  const { history, events, ledger } = await shop.summary(orderId);
  expect([history, ledger]).toEqual([
    ['confirmed', 'fulfilled'],
    ['authorization', 'capture'],
  ]);
  expect(events.slice(0, 3)).toEqual(['order.placed', 'payment.authorized', 'stock.reserved']);
  expect(shop.faults.requestCounter.read().byMatch[path.authorize]).toBe(1);
});

test.each([
  ['shipment-failed', { country: 'AQ' }],
  ['out-of-stock', { sku: 'gone' }],
  ['declined', { paymentToken: 'tok_declined' }],
] as const)('an order is cancelled as %s, and all its effects are compensated', async (end, order) => {
  const orderId = await shop.place(order);
  await finish();
  expect(await shop.summary(orderId)).toMatchObject(ends[end]);
});

test('a rejected capture releases the stock', async () => {
  const orderId = await shop.place({ isPending: false });
  const { rows } = await shop.database.query<{ authorization_id: string }>('SELECT authorization_id FROM orders');
  await shop.partners.payments.reverse({ idempotencyKey: 'by-hand', authorizationId: rows[0]?.authorization_id ?? '' });
  await finish();
  expect(await shop.summary(orderId)).toMatchObject({
    history: ['confirmed', 'cancelled: capture-refused'],
    ledger: ['authorization', 'reversal'],
    held: [],
    events: expect.arrayContaining(['stock.released', 'payment.reversed', 'order.cancelled']),
  });
});

test.each(['tok_slow', 'tok_lost', 'tok_flaky'])('%s ends charged once and fulfilled', async (paymentToken) => {
  const orderId = await shop.place({ paymentToken });
  await finish();
  expect(await shop.summary(orderId)).toMatchObject(ends.fulfilled);
});

test.each(Object.entries(path))(
  '%s that is carried out and then answered UNAVAILABLE has one effect',
  async (_, match) => {
    inject({ match, failFirst: 3, status: 'UNAVAILABLE', carriedOut: true });
    const [orderId, cancelledId] = [await shop.place(), await shop.place({ country: 'AQ' })];
    await finish();
    expect(await shop.summary(orderId)).toMatchObject(ends.fulfilled);
    expect(await shop.summary(cancelledId)).toMatchObject(ends['shipment-failed']);
  },
);

test('a compensation that fails is retried until it succeeds, and its saga is stuck after ten attempts', async () => {
  inject({ match: path.release, failFirst: 12, status: 'UNAVAILABLE' });
  const orderId = await shop.place({ country: 'AQ' });
  const failures: { attempts: number; stuck: boolean; last_error: string; backOffMs: number }[] = [];
  await finish(async () => {
    const { rows } = await shop.database.query<(typeof failures)[number]>(
      `SELECT s.attempts, stuck_since IS NOT NULL AS stuck, last_error,
         round(extract(epoch FROM next_attempt_at - updated_at) * 1000)::int AS "backOffMs"
       FROM sagas s JOIN saga_steps USING (order_id) WHERE step = 'reserve' AND s.attempts > 0`,
    );
    failures.push(...rows);
  });
  const last_error = expect.stringContaining('Inventory.Release answered UNAVAILABLE');
  expect(failures).toHaveLength(12);
  const [first, ninth, tenth] = [failures[0], failures[8], failures[9]];
  expect(first).toMatchObject({ attempts: 1, stuck: false, last_error });
  expect(ninth).toMatchObject({ attempts: 9, stuck: false, last_error });
  expect(tenth).toMatchObject({ attempts: 10, stuck: true, last_error });
  // Up to a quarter is taken off at random.
  expect(first?.backOffMs).toBeGreaterThanOrEqual(149);
  expect(first?.backOffMs).toBeLessThanOrEqual(200);
  expect(tenth?.backOffMs).toBeGreaterThan(9_000);
  expect(tenth?.backOffMs).toBeLessThanOrEqual(12_208);
  expect(await shop.summary(orderId)).toMatchObject(ends['shipment-failed']);
});

const acquirer = { authorize: '/v1/authorizations', capture: '/v1/captures', reverse: '/v1/reversals' };
const sweep = () => reverseAbandonedPayments(shop.database, shop.partners.payments, silentLog);
const makeDue = () => shop.database.query('UPDATE abandoned_payments SET next_attempt_at = now()');

test.each([400, 422])(
  'an order whose payment the acquirer refuses with %i is cancelled as declined',
  async (status) => {
    inject({ match: acquirer.authorize, status });
    const orderId = await shop.place();
    await finish();
    expect(await shop.summary(orderId)).toMatchObject(ends.declined);
    expect(shop.faults.requestCounter.read().byMatch[acquirer.authorize], 'asked once').toBe(1);
  },
);

test('a refusal that lied, because the amount is held, is found out and reversed', async () => {
  inject({ match: acquirer.authorize, failFirst: 2, status: 400, carriedOut: true });
  const orderId = await shop.place();
  await finish();
  expect(await shop.summary(orderId)).toMatchObject({ history: ends.declined.history, ledger: ['authorization'] });
  for (let round = 0; round < 2; round++) {
    await makeDue();
    await sweep();
  }
  expect(await shop.summary(orderId)).toMatchObject({ ledger: ['authorization', 'reversal'], keptTokens: 0 });
  expect((await shop.database.query('SELECT 1 FROM abandoned_payments')).rows).toEqual([]);
});

test('a refusal that stays is believed after an hour', async () => {
  inject({ match: acquirer.authorize, status: 400 });
  await shop.place();
  await finish();
  await sweep();
  expect((await shop.database.query('SELECT 1 FROM abandoned_payments')).rows).toHaveLength(1);
  await shop.database.query("UPDATE abandoned_payments SET abandoned_at = now() - interval '61 min'");
  await makeDue();
  await sweep();
  expect((await shop.database.query('SELECT 1 FROM abandoned_payments')).rows).toEqual([]);
});

test('a refused capture cancels the order, even if the money was captured', async () => {
  inject({ match: acquirer.capture, status: 400, carriedOut: true });
  const orderId = await shop.place();
  await finish();
  expect(await shop.summary(orderId)).toMatchObject({
    history: ['pending', 'confirmed', 'cancelled: capture-refused'],
    ledger: ['authorization', 'capture', 'reversal'],
    held: [],
  });
});

test('a reversal that the acquirer refuses is repeated until the money is back', async () => {
  inject({ match: acquirer.reverse, failFirst: 3, status: 400 });
  const orderId = await shop.place({ country: 'AQ' });
  await finish();
  expect(await shop.summary(orderId)).toMatchObject(ends['shipment-failed']);
});

test.each([401, 403, 404, 429])(
  '%i of the acquirer decides nothing, and the order ends when it is over',
  async (status) => {
    inject({ match: acquirer.authorize, failFirst: 3, status });
    const orderId = await shop.place();
    await finish();
    expect(await shop.summary(orderId)).toMatchObject(ends.fulfilled);
  },
);

test('with a clock that is 10 minutes ahead, every stored time and event has the time of the database', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10 * 60_000 });
  try {
    const orderId = await shop.place();
    await finish();
    expect(await shop.summary(orderId)).toMatchObject(ends.fulfilled);
    const { rows } = await shop.database.query(
      `SELECT what FROM (
         SELECT 'placed' AS what, placed_at AS at FROM orders
         UNION ALL SELECT 'history', at FROM order_history
         UNION ALL SELECT unnest('{started,ended}'::text[]), unnest(ARRAY[started_at, ended_at]) FROM sagas
         UNION ALL SELECT type, occurred_at FROM outbox
         UNION ALL SELECT type || ' data', (coalesce(data::json->>'placedAt', data::json->>'endedAt'))::timestamptz
           FROM outbox WHERE type IN ('windlass.order.placed.v1', 'windlass.order.fulfilled.v1')
       ) AS times WHERE at IS NULL OR abs(extract(epoch FROM now() - at)) > 60`,
    );
    expect(rows).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});
