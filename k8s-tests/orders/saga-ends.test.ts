import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { FaultRule } from '../../services/lib/faults/rules.ts';
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
  await shop.partners.payments.reverse({ idempotencyKey: 'by hand', authorizationId: rows[0]?.authorization_id ?? '' });
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
  const failures: unknown[] = [];
  await finish(async () => {
    const { rows } = await shop.database.query(
      `SELECT s.attempts, stuck_since IS NOT NULL AS stuck, last_error,
         round(extract(epoch FROM next_attempt_at - updated_at) * 1000)::int AS "backOffMs"
       FROM sagas s JOIN saga_steps USING (order_id) WHERE step = 'reserve' AND s.attempts > 0`,
    );
    failures.push(...rows);
  });
  const last_error = expect.stringContaining('Inventory.Release answered UNAVAILABLE');
  expect(failures).toHaveLength(12);
  expect(failures[0]).toEqual({ attempts: 1, stuck: false, last_error, backOffMs: 200 });
  expect(failures[8]).toEqual({ attempts: 9, stuck: false, last_error, backOffMs: 5000 });
  expect(failures[9]).toEqual({ attempts: 10, stuck: true, last_error, backOffMs: 5000 });
  expect(await shop.summary(orderId)).toMatchObject(ends['shipment-failed']);
});
