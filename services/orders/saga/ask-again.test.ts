import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { actByHand } from '../operations/act-by-hand.ts';
import { changeStatus, migrations, resetOrders } from '../store/store.ts';
import { insertOrder } from '../store/testing/insert-order.ts';
import { askFulfillmentAgain } from './ask-again.ts';
import { recordShipment } from './locked-saga.ts';
import { afterDone } from './saga.ts';
import { readCounts } from './saga-metrics.ts';
import { insertSaga } from './saga-store.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(() => resetOrders(database));

/** An order that has begun to wait for its shipment just now. */
async function waitingOrder(): Promise<string> {
  const orderId = await insertOrder(database);
  await database.transaction(async (tx) => {
    await changeStatus(tx, orderId, 'confirmed');
    await insertSaga(tx, orderId, true);
  });
  await database.query("UPDATE sagas SET state = 'waiting' WHERE order_id = $1", [orderId]);
  await database.query(
    "UPDATE saga_steps SET state = 'done' WHERE order_id = $1 AND step IN ('authorise', 'reserve', 'capture')",
    [orderId],
  );
  return orderId;
}

const sweep = () => askFulfillmentAgain(database, silentLog);
const pass = (seconds: number) =>
  database.query("UPDATE sagas SET next_attempt_at = next_attempt_at - $1 * interval '1 s'", [seconds]);
const publish = () => database.query('UPDATE outbox SET published_at = now()');

/** The requests that were added about an order. */
async function readAsks(orderId: string): Promise<object[]> {
  const { rows } = await database.query<{ data: object }>(
    "SELECT data::json AS data FROM outbox WHERE subject = $1 AND type LIKE '%order.ready%' ORDER BY id",
    [orderId],
  );
  return rows.map(({ data }) => data);
}

test('fulfillment is asked again after a minute, and then after pauses that double up to an hour', async () => {
  const orderId = await waitingOrder();
  const pauses = [1, 2, 4, 8, 16, 32, 60, 60, 60];
  for (const [asked, minutes] of pauses.entries()) {
    await pass(minutes * 60 - 5);
    await sweep();
    expect(await readAsks(orderId), `before ${minutes} minutes`).toHaveLength(asked);
    await pass(10);
    await sweep();
    await sweep();
    expect(await readAsks(orderId), `after ${minutes} minutes`).toHaveLength(asked + 1);
    await publish();
  }
  expect((await readAsks(orderId)).at(0)).toMatchObject({ orderId, country: 'NO', repeated: true });
});

test('an order with an event that is not published yet is not asked about', async () => {
  const orderId = await waitingOrder();
  await pass(61);
  await sweep();
  await pass(3_600);
  await sweep();
  expect(await readAsks(orderId)).toHaveLength(1);
  await publish();
  await sweep();
  expect(await readAsks(orderId)).toHaveLength(2);
});

test.each(['running', 'compensating', 'ended'])('an order that is %s is not asked about', async (state) => {
  const orderId = await waitingOrder();
  await database.query('UPDATE sagas SET state = $1', [state]);
  await pass(3_600);
  await sweep();
  expect(await readAsks(orderId)).toEqual([]);
});

test('an order that an operator cancels is withdrawn again, not shipped', async () => {
  const orderId = await waitingOrder();
  await database.query('UPDATE sagas SET attempts = 6');
  await actByHand(database, { kind: 'cancel', id: orderId, reason: 'gave up', by: undefined });
  await publish();
  await sweep();
  expect(await readAsks(orderId), 'its pause begins with the request').toHaveLength(1);
  await pass(61);
  await sweep();
  const asks = await readAsks(orderId);
  expect(asks).toMatchObject([{ withdrawn: true }, { withdrawn: true }]);
  expect(asks[1]).not.toHaveProperty('repeated');
});

test('two workers ask once, and not if the shipment is reported while they wait for the saga', async () => {
  const orderId = await waitingOrder();
  await pass(61);
  await Promise.all([sweep(), sweep(), sweep()]);
  expect(await readAsks(orderId)).toHaveLength(1);
  await publish();
  await pass(3_600);
  let asking: Promise<void> | undefined;
  await database.transaction(async (tx) => {
    await recordShipment(tx, orderId, (steps) => afterDone(steps, 'ship'), undefined);
    asking = sweep();
    const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    await expect.poll(async () => (await database.query(waiting)).rowCount, { timeout: 10_000 }).toBe(1);
  });
  await asking;
  expect(await readAsks(orderId)).toHaveLength(1);
});

test('an order that is asked about stays late, and its next step begins without failures', async () => {
  const orderId = await waitingOrder();
  await database.query("UPDATE sagas SET started_at = now() - interval '11 min'");
  await pass(61);
  await sweep();
  expect((await readCounts(database)).lateByCause.get('shipment')).toBe(1);
  expect((await database.query('SELECT attempts, stuck_since FROM sagas')).rows).toEqual([
    { attempts: 1, stuck_since: null },
  ]);
  await database.transaction((tx) => recordShipment(tx, orderId, (steps) => afterDone(steps, 'ship'), undefined));
  expect((await database.query('SELECT state, attempts FROM sagas')).rows).toEqual([{ state: 'running', attempts: 0 }]);
});

test('resume asks at once, whatever the pause', async () => {
  const orderId = await waitingOrder();
  await actByHand(database, { kind: 'resume', id: orderId, reason: 'dropped', by: undefined });
  expect(await readAsks(orderId)).toMatchObject([{ repeated: true }]);
});

test('one sweep asks about a bounded number of orders, those that wait longest first', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 102; count++) {
    ids.push(await waitingOrder());
    await pass(1);
  }
  await pass(3_600);
  await sweep();
  const { rows } = await database.query<{ subject: string }>('SELECT subject FROM outbox');
  expect(rows.map(({ subject }) => subject).sort()).toEqual(ids.slice(0, 100).sort());
});

test('an order about which no event can be made does not hold back the others', async () => {
  const [broken, orderId] = [await waitingOrder(), await waitingOrder()];
  await database.query(`UPDATE orders SET items = '{}' WHERE id = $1`, [broken]);
  await pass(61);
  await sweep();
  expect([await readAsks(broken), await readAsks(orderId)]).toMatchObject([[], [{ repeated: true }]]);
  const { rows } = await database.query(
    "SELECT next_attempt_at > now() - interval '10 s' AS comes_later FROM sagas WHERE order_id = $1",
    [broken],
  );
  expect(rows).toEqual([{ comes_later: true }]);
});

test('an order goes on even if the catalogue no longer has what it orders', async () => {
  const orderId = await waitingOrder();
  await database.query(
    `UPDATE orders SET items = '[{"sku":"sold-out","quantity":1},{"sku":"mug","quantity":2,"unitPriceMinor":1200}]'`,
  );
  await pass(61);
  await sweep();
  expect(await readAsks(orderId)).toMatchObject([
    {
      lines: [
        { sku: 'sold-out', quantity: 1 },
        { sku: 'mug', quantity: 2, unitPrice: { amountMinor: '1200' } },
      ],
    },
  ]);
});

test('no further order is asked about while a thousand that were asked about still wait', async () => {
  await database.query(
    `INSERT INTO sagas (order_id, state, trace, attempts)
     SELECT gen_random_uuid(), 'waiting', '{}', 1 FROM generate_series(1, 1000)`,
  );
  const orderId = await waitingOrder();
  await pass(61);
  await sweep();
  expect(await readAsks(orderId)).toEqual([]);
  await database.query(
    "UPDATE sagas SET state = 'ended' WHERE order_id = (SELECT order_id FROM sagas WHERE attempts = 1 LIMIT 1)",
  );
  await sweep();
  expect(await readAsks(orderId)).toHaveLength(1);
});
