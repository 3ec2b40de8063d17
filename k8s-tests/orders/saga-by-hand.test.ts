import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../services/lib/observability/log.ts';
import type { SagaCommand } from '../../services/orders/operations/command-line.ts';
import { runSaga } from '../../services/orders/operations/run-saga.ts';
import { reverseAbandonedPayments } from '../../services/orders/saga/abandoned-payments.ts';
import { advanceSaga } from '../../services/orders/saga/advance-saga.ts';
import { readCounts } from '../../services/orders/saga/saga-metrics.ts';
import { claimDueSagas } from '../../services/orders/saga/saga-store.ts';
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
  reserve: '/windlass.inventory.v1.Inventory/Reserve',
};

async function run(command: SagaCommand): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of runSaga(shop.database, command)) lines.push(line);
  return lines;
}
const act = (kind: 'retry' | 'cancel' | 'resume', id: string, reason = 'the partner said so') =>
  run({ kind, id, reason, by: 'ann' });
const list = (onlyLate = false) => run({ kind: 'list', onlyLate });
const show = async (id: string) => (await run({ kind: 'show', id })).join('\n');

/** Advances the orders that are due, without fulfillment. */
async function advance(): Promise<void> {
  await shop.database.query("UPDATE sagas SET next_attempt_at = now(), leased_until = NULL WHERE state <> 'ended'");
  const deps = { database: shop.database, ...shop.partners, log: silentLog };
  const { signal } = new AbortController();
  for (const saga of await claimDueSagas(shop.database, 16, 15_000))
    await advanceSaga(deps, saga, performance.now(), signal);
}

async function finish(): Promise<void> {
  for (let round = 0; round < 20 && (await runRound(shop, shop)); round++);
}

const failAt = (match: string) => shop.faults.rules.replace([{ match, status: 'UNAVAILABLE', carriedOut: true }]);
const mend = () => shop.faults.rules.replace([]);
const sweep = () => reverseAbandonedPayments(shop.database, shop.partners.payments, silentLog);

test.each([
  ['authorize', path.authorize, ['authorization', 'reversal']],
  ['reserve', path.reserve, ['authorization', 'reversal']],
  ['capture', path.capture, ['authorization', 'capture', 'reversal']],
])(
  'an order whose %s has effects but no answer is cancelled, and nothing stays charged or held',
  async (_, at, ledger) => {
    failAt(at);
    const orderId = await shop.place();
    await advance();
    await act('cancel', orderId);
    mend();
    await finish();
    await sweep();
    expect(await shop.summary(orderId)).toMatchObject({
      status: 'cancelled',
      saga: { state: 'ended', reason: 'by-operator' },
      ledger,
      held: [],
      lostStock: [],
      keptTokens: 0,
    });
    const { history = [] } = await shop.summary(orderId);
    expect(history.at(-1)).toBe('cancelled: by-operator');
  },
);

test('an order that is cancelled while its last step is running is withdrawn from fulfillment', async () => {
  shop.faults.rules.replace([{ match: path.capture, delayMs: 500 }]);
  const orderId = await shop.place({ isPending: false });
  const advancing = advance();
  await sleep(300);
  await act('cancel', orderId);
  await advancing;
  const { rows } = await shop.database.query<{ data: { withdrawn?: boolean } }>(
    "SELECT data::json AS data FROM outbox WHERE type = 'windlass.order.ready.v1' ORDER BY id",
  );
  expect(rows.map(({ data }) => data.withdrawn ?? false)).toEqual([false, true]);
});

test('an order that waits for its shipment: cancel asks fulfillment not to ship it, resume asks again', async () => {
  const orderId = await shop.place({ isPending: false });
  await advance();
  await shop.database.query('DELETE FROM outbox');
  expect(await act('resume', orderId)).toEqual([expect.stringContaining('fulfillment was told again')]);
  expect(await act('cancel', orderId)).toEqual([expect.stringContaining('if fulfillment has not shipped it')]);
  expect(await act('resume', orderId)).toEqual([expect.stringContaining('asked again not to ship it')]);
  const { rows } = await shop.database.query<{ data: object }>(
    "SELECT data::json AS data FROM outbox WHERE type = 'windlass.order.ready.v1' ORDER BY id",
  );
  expect(rows.map(({ data }) => data)).toMatchObject([
    { orderId, country: 'NO', repeated: true },
    { orderId, withdrawn: true },
    { orderId, withdrawn: true },
  ]);
  expect((await shop.summary(orderId)).status).toBe('confirmed');
  await finish();
  expect((await shop.summary(orderId)).status, 'fulfillment had shipped it').toBe('fulfilled');
});

test('retry makes an order due now', async () => {
  failAt(path.reserve);
  const orderId = await shop.place({ isPending: false });
  await advance();
  await shop.database.query("UPDATE sagas SET next_attempt_at = now() + interval '1 hour'");
  await act('retry', orderId);
  expect(await claimDueSagas(shop.database, 1, 15_000)).toHaveLength(1);
});

test('each action is recorded with reason, person and time, and shown', async () => {
  failAt(path.reserve);
  const orderId = await shop.place({ isPending: false });
  await advance();
  await act('retry', orderId, 'the partner\nis back');
  await act('cancel', orderId, 'gave up');
  const { rows } = await shop.database.query(
    "SELECT action, reason, by_whom, at > now() - interval '1 min' AS now FROM order_actions ORDER BY id",
  );
  expect(rows).toEqual([
    { action: 'retry', reason: 'the partner\nis back', by_whom: 'ann', now: true },
    { action: 'cancel', reason: 'gave up', by_whom: 'ann', now: true },
  ]);
  const text = await show(orderId);
  expect(text).toMatch(/^ {2}\S+ retry by ann: the partner\\nis back$/m);
  expect(text).toMatch(/^ {2}\S+ cancel by ann: gave up$/m);
  expect(text).toMatch(/^ {2}reserve: todo, 1 attempts; DomainError: Inventory.Reserve answered UNAVAILABLE/m);
  expect(text).toMatch(/^waits for: step, not late$/m);
});

test.each([
  ['not an id', 'nope', 'There is no order nope'],
  ['SQL', "'; DROP TABLE orders; --", 'There is no order'],
  ['no order', '00000000-0000-4000-8000-000000000000', 'There is no order 00000000'],
])('with %s, nothing is done and the error says so', async (_, id, message) => {
  for (const kind of ['retry', 'cancel', 'resume'] as const) await expect(act(kind, id)).rejects.toThrow(message);
  await expect(show(id)).rejects.toThrow(message);
  expect((await shop.database.query('SELECT 1 FROM order_actions')).rows).toEqual([]);
});

test('an action that the state of the order does not allow is rejected, and not recorded', async () => {
  const waiting = await shop.place({ isPending: false });
  await advance();
  await expect(act('retry', waiting)).rejects.toThrow('use resume');
  await finish();
  for (const kind of ['retry', 'cancel', 'resume'] as const)
    await expect(act(kind, waiting)).rejects.toThrow('has ended: it is fulfilled');

  failAt(path.reserve);
  const running = await shop.place({ isPending: false });
  await advance();
  await expect(act('resume', running)).rejects.toThrow('use retry');
  await shop.database.query("UPDATE saga_steps SET state = 'done' WHERE order_id = $1 AND step <> 'close'", [running]);
  await expect(act('cancel', running)).rejects.toThrow('is shipped and cannot be cancelled');
  await shop.database.query("UPDATE saga_steps SET state = 'refused' WHERE order_id = $1 AND step = 'ship'", [running]);
  await expect(act('cancel', running)).rejects.toThrow('is being cancelled already');
  expect((await shop.database.query('SELECT 1 FROM order_actions')).rows).toEqual([]);
});

test('an order is late after its deadline, whatever it waits for, and no more once it has ended', async () => {
  expect(await list()).toEqual(['None.']);
  const waiting = await shop.place({ isPending: false });
  await advance();
  failAt(path.reserve);
  const failing = await shop.place({ isPending: false });
  await advance();
  expect(await list(true)).toEqual(['None.']);
  expect(await list()).toHaveLength(3);
  await shop.database.query("UPDATE sagas SET started_at = started_at - interval '11 min'");
  const [, first, second] = await list(true);
  expect(first).toMatch(new RegExp(`^${waiting} +confirmed +shipment +11 min +yes +0$`));
  expect(second).toMatch(new RegExp(`^${failing} +confirmed +reserve +11 min +yes +1 +DomainError: Inventory`));
  mend();
  await finish();
  expect(await list()).toEqual(['None.']);
});

test('the metrics count what waits: orders by status, late ones by what they wait for', async () => {
  expect(await readCounts(shop.database)).toEqual({
    byStatus: new Map([
      ['pending', 0],
      ['confirmed', 0],
    ]),
    lateByCause: new Map([
      ['step', 0],
      ['shipment', 0],
    ]),
    stuck: 0,
  });
  await shop.place({ isPending: false });
  await advance();
  await shop.place();
  await shop.database.query("UPDATE sagas SET started_at = started_at - interval '11 min'");
  expect(await readCounts(shop.database)).toEqual({
    byStatus: new Map([
      ['pending', 1],
      ['confirmed', 1],
    ]),
    lateByCause: new Map([
      ['step', 1],
      ['shipment', 1],
    ]),
    stuck: 0,
  });
});

test('the program ends with 0, 1 and 2', async () => {
  const program = join(import.meta.dirname, '../../services/orders/operations/saga.ts');
  const urlFile = join(mkdtempSync(join(tmpdir(), 'windlass-saga-')), 'url');
  writeFileSync(urlFile, shop.url);
  onTestFinished(() => rmSync(dirname(urlFile), { recursive: true }));
  const runProgram = (...args: string[]) =>
    execa(process.execPath, [program, ...args], { env: { DATABASE_URL_FILE: urlFile }, reject: false });
  expect(await runProgram('list')).toMatchObject({ exitCode: 0, stdout: 'None.' });
  expect(await runProgram('show', 'nope')).toMatchObject({ exitCode: 1, stderr: 'There is no order nope.' });
  expect(await runProgram('cancel', 'nope')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--reason'),
  });
});

test('the list is read page by page, however long it is', async () => {
  await shop.database.query(
    `INSERT INTO orders (id, customer_id, status, items, shipping_address, currency, total_minor, estimated_delivery, placed_at)
     SELECT gen_random_uuid(), 'c', 'confirmed', '[]', '{"country":"NO"}', 'USD', 1, '2026-11-30', now() FROM generate_series(1, 450)`,
  );
  await shop.database.query("INSERT INTO sagas (order_id, state, trace) SELECT id, 'waiting', '{}' FROM orders");
  await shop.database.query(
    `INSERT INTO saga_steps (order_id, step, state)
     SELECT id, step, 'todo' FROM orders, unnest('{authorise,reserve,capture,ship,close}'::text[]) AS step`,
  );
  const lines = await list();
  expect(new Set(lines).size).toBe(451);
});
