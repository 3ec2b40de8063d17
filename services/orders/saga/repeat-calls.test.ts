import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  ReleaseResponseSchema,
  ReserveResponseSchema,
} from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { createLog, silentLog } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { DomainError, type ErrorCode } from '../../lib/runtime/domain-error.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { migrations, resetOrders } from '../store/store.ts';
import { insertOrder } from '../store/testing/insert-order.ts';
import { repeatStockCalls } from './repeat-calls.ts';

let database: Database;
let stop: () => Promise<void>;
let calls: string[];
let shortages: { sku: string; requested: number; available: number }[];
let failure: ErrorCode | undefined;

const inventory = {
  async reserve({ idempotencyKey = '', lines = [] }: { idempotencyKey?: string; lines?: { sku?: string }[] }) {
    note(`${idempotencyKey} ${lines.map(({ sku }) => sku)}`);
    return create(ReserveResponseSchema, { shortages });
  },
  async release({ idempotencyKey = '' }) {
    note(idempotencyKey);
    return create(ReleaseResponseSchema);
  },
};

function note(call: string): void {
  calls.push(call);
  if (failure) throw new DomainError(failure as 'internal', 'Inventory.Reserve says so');
}

beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(async () => {
  await resetOrders(database);
  [calls, shortages, failure] = [[], [], undefined];
});

/** An order that is to be repeated, with the stored state of its step reserve. */
async function order(reserve: string): Promise<string> {
  const orderId = await insertOrder(database);
  await database.query("INSERT INTO saga_steps (order_id, step, state) VALUES ($1, 'reserve', $2)", [orderId, reserve]);
  await database.query("INSERT INTO order_actions (order_id, action, reason) VALUES ($1, 'repeat', 'restored')", [
    orderId,
  ]);
  return orderId;
}

const sweep = (log = silentLog) => repeatStockCalls(database, inventory, log);
const readRepeats = async () =>
  (await database.query('SELECT result, done_at IS NOT NULL AS done FROM order_actions ORDER BY id')).rows;
const forgetPause = () => database.query('UPDATE order_actions SET next_attempt_at = now() WHERE done_at IS NULL');

test('what the saga has reserved or released is reserved or released again, once', async () => {
  const [reserved, released] = [await order('done'), await order('undone')];
  await sweep();
  await sweep();
  expect(calls.sort()).toEqual([`release:${released}`, `reserve:${reserved} mug`]);
  expect(await readRepeats()).toEqual([
    { result: 'reserved', done: true },
    { result: 'released', done: true },
  ]);
});

test.each([
  ['todo', 'todo'],
  ['refused', 'rejected'],
  ['undoing', 'compensating'],
])('an order whose step reserve is %s gets no call: the saga makes it', async (stored, state) => {
  await order(stored);
  await sweep();
  expect(calls).toEqual([]);
  expect(await readRepeats()).toEqual([{ result: `nothing to repeat: the step reserve is ${state}`, done: true }]);
});

test('a shortage is recorded and logged as an error with the order, and compensates nothing', async () => {
  shortages = [{ sku: 'mug', requested: 2, available: 1 }];
  const orderId = await order('done');
  const lines: string[] = [];
  await sweep(createLog('orders-worker', 'error', { write: (line) => void lines.push(line) }));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { orderId, msg: 'repeated reservation is short; order is not reserved' },
  ]);
  expect(calls).toEqual([`reserve:${orderId} mug`]);
  expect(await readRepeats()).toEqual([{ result: 'short: mug (2 requested, 1 available)', done: true }]);
});

test('an answer that rejects the call is the result', async () => {
  failure = 'failed-precondition';
  await order('done');
  await sweep();
  expect(await readRepeats()).toEqual([{ result: 'refused: Inventory.Reserve says so', done: true }]);
});

test.each(['outcome-unknown', 'internal'] as const)(
  'a call that ends with %s ends the sweep, and is made again after a pause',
  async (code) => {
    failure = code;
    for (let count = 0; count < 10; count++) await order('done');
    await sweep();
    expect(calls).toHaveLength(4);
    failure = undefined;
    calls = [];
    await sweep();
    expect(calls, 'the other six').toHaveLength(6);
    await forgetPause();
    await sweep();
    expect(calls).toHaveLength(10);
    expect(await readRepeats()).toEqual(Array.from({ length: 10 }, () => ({ result: 'reserved', done: true })));
  },
);

test('two workers share the calls, and one that died leaves its calls to the other', async () => {
  for (let count = 0; count < 20; count++) await order('done');
  await Promise.all([sweep(), sweep()]);
  expect(new Set(calls).size).toBe(20);
  expect(calls).toHaveLength(20);
  await order('done');
  await database.query("UPDATE order_actions SET next_attempt_at = now() + interval '20 s' WHERE done_at IS NULL");
  await sweep();
  expect(calls).toHaveLength(20);
  await forgetPause();
  await sweep();
  expect(calls).toHaveLength(21);
});

test('other actions cause no call', async () => {
  await order('done');
  await database.query("UPDATE order_actions SET action = 'resume'");
  await sweep();
  expect(calls).toEqual([]);
});

test('a repeat may take longer than its claim, and is made once', async () => {
  const orderId = await order('done');
  const slow = {
    ...inventory,
    async reserve(request: Parameters<typeof inventory.reserve>[0]) {
      await sleep(1_000);
      return inventory.reserve(request);
    },
  };
  const first = repeatStockCalls(database, slow, silentLog, 400);
  await sleep(600);
  await repeatStockCalls(database, inventory, silentLog, 400);
  await first;
  expect(calls).toEqual([`reserve:${orderId} mug`]);
  expect(await readRepeats()).toEqual([{ result: 'reserved', done: true }]);
});
