import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orderPlaced, stockReserved } from '../../contracts/events.ts';
import type { OutgoingMessage } from '../../lib/messaging/message.ts';
import { relayBatch } from '../../lib/messaging/relay.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { addOrderReady } from '../saga/order-ready.ts';
import { purgeActions } from '../saga/purge-actions.ts';
import { insertSaga } from '../saga/saga-store.ts';
import { addOrderEvent } from '../store/order-events.ts';
import { changeStatus, migrations, resetOrders } from '../store/store.ts';
import { insertOrder } from '../store/testing/insert-order.ts';
import { type Repeat, repeatOrders } from './repeat-orders.ts';
import { runSaga } from './run-saga.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(() => resetOrders(database));

/** Stores an order whose events were published at their time. */
async function place(minutesAgo: number): Promise<string> {
  const orderId = await insertOrder(database);
  await database.transaction(async (tx) => {
    await changeStatus(tx, orderId, 'confirmed');
    await insertSaga(tx, orderId, true);
    await addOrderEvent(tx, orderPlaced, orderId, { orderId });
    await addOrderEvent(tx, stockReserved, orderId, { orderId });
    await addOrderReady(tx, { orderId, items: [{ sku: 'mug', quantity: 2 }], country: 'NO' });
  });
  await database.query(
    `UPDATE outbox SET occurred_at = now() - make_interval(mins => $2), published_at = now() - make_interval(mins => $2)
     WHERE subject = $1`,
    [orderId, minutesAgo],
  );
  return orderId;
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

async function repeat(orders: Repeat['orders'], by?: string): Promise<string> {
  const lines: string[] = [];
  for await (const line of repeatOrders(database, { orders, reason: 'inventory was restored', by })) lines.push(line);
  return lines.at(-1) ?? '';
}

/** The short types of the events that wait, by order. */
async function readWaiting(): Promise<Record<string, string[]>> {
  const { rows } = await database.query<{ subject: string; types: string[] }>(
    `SELECT subject, array_agg(regexp_replace(type, '^windlass\\.(.*)\\.v1$', '\\1') ORDER BY id) AS types
     FROM outbox WHERE published_at IS NULL GROUP BY subject`,
  );
  return Object.fromEntries(rows.map(({ subject, types }) => [subject, types]));
}
const readActions = async () =>
  (await database.query('SELECT order_id, action, reason, by_whom, done_at FROM order_actions ORDER BY id')).rows;

const all = ['order.placed', 'stock.reserved', 'order.ready'];

test('orders with an event since the time have all their events published again, and no others do', async () => {
  await place(90);
  const [recent, other] = [await place(20), await place(1)];
  expect(await repeat({ since: minutesAgo(30) }, 'ann')).toMatch(/^Orders: 2\. Events that are published again: 6\. /);
  expect(await readWaiting()).toEqual({ [recent]: all, [other]: all });
  const actions = await readActions();
  expect(actions).toHaveLength(2);
  expect(actions).toContainEqual({
    order_id: recent,
    action: 'repeat',
    reason: 'inventory was restored',
    by_whom: 'ann',
    done_at: null,
  });
});

test('an order with one event since the time is repeated from its first event', async () => {
  const orderId = await place(90);
  await database.transaction((tx) => addOrderEvent(tx, stockReserved, orderId, { orderId }));
  await repeat({ since: minutesAgo(30) });
  expect(await readWaiting()).toEqual({ [orderId]: [...all, 'stock.reserved'] });
});

test('orders that cover many pages are each repeated once in a run', async () => {
  const [first, orderId] = [await place(5), await place(5)];
  await database.query(
    `INSERT INTO outbox (topic, event_id, source, type, subject, data, trace, occurred_at, published_at)
     SELECT topic, gen_random_uuid(), source, type, subject, data, trace, occurred_at, published_at
     FROM outbox, generate_series(1, 4000) WHERE type LIKE '%reserved%'`,
  );
  expect(await repeat({ since: minutesAgo(30) })).toMatch(/^Orders: 2\. Events that are published again: 8006\. /);
  expect((await readActions()).map((row) => row.order_id).sort()).toEqual([first, orderId].sort());
});

test('one order is repeated, however old it is', async () => {
  await place(1);
  const orderId = await place(9_000);
  expect(await repeat({ id: orderId.toUpperCase() })).toMatch(/: 3 events are published again/);
  expect(await readWaiting()).toEqual({ [orderId]: all });
});

test.each(['nope', '00000000-0000-4000-8000-000000000000'])(
  'an unknown order %s is an error and changes nothing',
  async (id) => {
    await place(1);
    await expect(repeat({ id })).rejects.toThrow(`There is no order ${id}.`);
    expect([await readWaiting(), await readActions()]).toEqual([{}, []]);
  },
);

test('without an event since the time nothing is changed', async () => {
  await place(90);
  expect(await repeat({ since: minutesAgo(30) })).toMatch(/^No order has an event since /);
  expect([await readWaiting(), await readActions()]).toEqual([{}, []]);
});

test('a second run has the same effect, and is recorded', async () => {
  const orderId = await place(1);
  for (let run = 0; run < 2; run++) await repeat({ since: minutesAgo(30) });
  expect(await readWaiting()).toEqual({ [orderId]: all });
  expect(await readActions()).toHaveLength(2);
});

test('the relay publishes events again in order and with the same ids, after its batch in hand', async () => {
  const orderId = await place(1);
  const { rows } = await database.query<{ event_id: string }>('SELECT event_id FROM outbox ORDER BY id');
  const ids = rows.map((row) => row.event_id);
  await database.transaction((tx) => addOrderEvent(tx, stockReserved, orderId, { orderId }));
  const sent: OutgoingMessage[] = [];
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const slow = {
    publish: async (messages: readonly OutgoingMessage[]) => {
      begin();
      await finished;
      sent.push(...messages);
    },
  };
  const relaying = relayBatch(database, slow, 'orders-worker');
  await begun;
  const repeating = repeat({ id: orderId });
  await expect.poll(async () => (await waitingForLock()).length, { timeout: 10_000 }).toBe(1);
  finish();
  expect(await relaying).toBe(1);
  await repeating;
  await relayBatch(database, slow, 'orders-worker');
  const repeated = sent.map(({ headers }) => headers.ce_id);
  expect(repeated).toEqual([repeated[0], ...ids, repeated[0]]);
});

const waitingForLock = async () =>
  (await database.query("SELECT FROM pg_stat_activity WHERE wait_event = 'advisory'")).rows;

test('a cancelled order that was not shipped is not offered for shipment again', async () => {
  const [cancelled, shipped] = [await place(1), await place(1)];
  for (const orderId of [cancelled, shipped])
    await database.transaction((tx) => addOrderReady(tx, { orderId, items: [], country: 'NO' }, 'withdrawn'));
  await database.query('UPDATE sagas SET cancel_requested_at = now()');
  await database.query("UPDATE saga_steps SET state = 'done' WHERE step = 'ship' AND order_id = $1", [shipped]);
  await database.query('UPDATE outbox SET published_at = now()');
  await repeat({ since: minutesAgo(30) });
  const { [cancelled]: ofCancelled, [shipped]: ofShipped } = await readWaiting();
  expect(ofShipped).toEqual([...all, 'order.ready']);
  expect(ofCancelled).toEqual(['order.placed', 'stock.reserved', 'order.ready']);
  const { rows } = await database.query(
    `SELECT data::json->>'withdrawn' AS withdrawn FROM outbox
     WHERE subject = $1 AND type LIKE '%ready%' AND published_at IS NULL`,
    [cancelled],
  );
  expect(rows).toEqual([{ withdrawn: 'true' }]);
});

test('show has the result of the call, list counts open calls and names orders that are short', async () => {
  const [orderId, open] = [await place(1), await place(1)];
  await repeat({ since: minutesAgo(30) });
  const lines = async (command: Parameters<typeof runSaga>[1]) => {
    const found: string[] = [];
    for await (const line of runSaga(database, command)) found.push(...line.split('\n'));
    return found;
  };
  const list = () => lines({ kind: 'list', onlyLate: false });
  expect(await list()).toContain('Stock calls that orders-worker still has to repeat: 2.');
  const short = 'short: rare (2 requested, 1 available)';
  await database.query('UPDATE order_actions SET done_at = now(), result = $2 WHERE order_id = $1', [orderId, short]);
  expect(await list()).toContain('Stock calls that orders-worker still has to repeat: 1.');
  expect(await list()).toContain(`Order ${orderId} is not reserved again; ${short}`);
  expect((await lines({ kind: 'show', id: orderId })).at(-1)).toMatch(
    / repeat: inventory was restored; stock call: short: /,
  );
  expect((await lines({ kind: 'show', id: open })).at(-1)).toMatch(/; stock call: not repeated yet$/);
  await repeat({ id: orderId });
  await database.query("UPDATE order_actions SET done_at = now(), result = 'reserved' WHERE done_at IS NULL");
  expect((await list()).filter((line) => /not reserved|still has/.test(line))).toEqual([]);
});

test('a repeat that is not done outlives the retention of actions', async () => {
  const [open, done] = [await place(1), await place(1)];
  await repeat({ since: minutesAgo(30) });
  await database.query("UPDATE order_actions SET at = now() - interval '500 days'");
  await database.query('UPDATE order_actions SET done_at = now() WHERE order_id = $1', [done]);
  await purgeActions(database);
  expect((await readActions()).map((row) => row.order_id)).toEqual([open]);
});
