import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../services/lib/observability/log.ts';
import { extractTrace } from '../../services/lib/observability/tracing.ts';
import type { Database } from '../../services/lib/postgres/database.ts';
import { advanceSaga } from '../../services/orders/saga/advance-saga.ts';
import { runSagas } from '../../services/orders/saga/run-sagas.ts';
import { claimDueSagas } from '../../services/orders/saga/saga-store.ts';
import { deliverShipments, type Shop, startShop } from './shop.ts';

let shop: Shop;
const stops: (() => Promise<void>)[] = [];
const stopWorkers = () => Promise.all(stops.splice(0).map((stop) => stop()));

beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());
beforeEach(() => shop.reset());
afterEach(stopWorkers);

/** The partners, with the calls in flight counted for each order. */
function counted(calls: { now: Map<string, number>; most: number }, delayMs: () => number): Shop['partners'] {
  const { inventory, payments } = shop.partners;
  const count = async <T>(key: string | undefined, call: () => Promise<T>): Promise<T> => {
    const orderId = key?.split(':')[1] ?? '';
    const now = (calls.now.get(orderId) ?? 0) + 1;
    calls.now.set(orderId, now);
    calls.most = Math.max(calls.most, now);
    await sleep(delayMs());
    return call().finally(() => calls.now.set(orderId, (calls.now.get(orderId) ?? 0) - 1));
  };
  return {
    inventory: {
      ...inventory,
      reserve: (request) => count(request.idempotencyKey, () => inventory.reserve(request)),
      release: (request) => count(request.idempotencyKey, () => inventory.release(request)),
    },
    payments: {
      authorize: (request) => count(request.idempotencyKey, () => payments.authorize(request)),
      capture: (request) => count(request.idempotencyKey, () => payments.capture(request)),
      reverse: (request) => count(request.idempotencyKey, () => payments.reverse(request)),
    },
  };
}

const start = (partners = shop.partners, leaseMs?: number, database = shop.database) =>
  stops.push(runSagas({ database, ...partners, log: silentLog, ...(leaseMs && { leaseMs }) }));

/** Stands in for fulfillment until all orders have ended. */
const untilEnded = () =>
  vi.waitFor(
    async () => {
      await deliverShipments(shop, shop.database);
      const { rows } = await shop.database.query("SELECT order_id, state FROM sagas WHERE state <> 'ended'");
      expect(rows).toEqual([]);
    },
    { timeout: 40_000, interval: 50 },
  );

test('two workers never make calls for one order at once, and each order has one end', async () => {
  const calls = { now: new Map<string, number>(), most: 0 };
  for (let worker = 0; worker < 3; worker++) start(counted(calls, () => 60));
  const countries = Array.from({ length: 12 }, (_, n) => (n % 3 === 0 ? 'AQ' : 'NO'));
  const orderIds = await Promise.all(countries.map((country) => shop.place({ country })));
  await untilEnded();
  expect(calls.most).toBe(1);
  for (const [n, orderId] of orderIds.entries()) {
    const { status, ledger, events, lostStock } = await shop.summary(orderId);
    const isCancelled = countries[n] === 'AQ';
    expect([status, ledger, lostStock]).toEqual([
      isCancelled ? 'cancelled' : 'fulfilled',
      isCancelled ? ['authorization', 'capture', 'reversal'] : ['authorization', 'capture'],
      [],
    ]);
    expect(new Set(events).size, 'no event twice').toBe(events.length);
  }
});

test('shipment events that are delivered again after the end change nothing', async () => {
  start();
  const orderIds = [await shop.place(), await shop.place({ country: 'AQ' })];
  await untilEnded();
  const ends = await Promise.all(orderIds.map((orderId) => shop.summary(orderId)));
  for (let replay = 0; replay < 3; replay++) {
    // The second delivery finds an empty inbox. The others find a record of each event.
    if (replay === 1) await shop.database.query('DELETE FROM inbox');
    await deliverShipments(shop, shop.database);
  }
  await sleep(100);
  expect(await Promise.all(orderIds.map((orderId) => shop.summary(orderId)))).toEqual(ends);
  const { rows } = await shop.database.query<{ event_id: string }>('SELECT event_id FROM inbox ORDER BY 1');
  const shipments = await shop.shipments();
  expect(rows.map(({ event_id }) => event_id)).toEqual(shipments.map(({ id }) => id).toSorted());
});

test('a call may take longer than the lease: it is renewed, and no other worker calls meanwhile', async () => {
  const calls = { now: new Map<string, number>(), most: 0 };
  let delayMs = 1_500;
  const slowOnce = counted(calls, () => {
    const ms = delayMs;
    delayMs = 0;
    return ms;
  });
  const orderId = await shop.place({ isPending: false });
  for (let worker = 0; worker < 3; worker++) start(slowOnce, 300);
  await untilEnded();
  expect(calls.most).toBe(1);
  const { events, ledger } = await shop.summary(orderId);
  expect(events.filter((event) => event === 'stock.reserved')).toHaveLength(1);
  expect([events.at(-1), ledger]).toEqual(['order.fulfilled', ['authorization', 'capture']]);
});

test('a worker that cannot renew its lease ends its call and writes nothing; another worker takes over', async () => {
  const orderId = await shop.place({ isPending: false });
  const signals: AbortSignal[] = [];
  const hanging: Shop['partners'] = {
    ...shop.partners,
    inventory: {
      ...shop.partners.inventory,
      reserve: async (request, signal) => {
        if (signal) signals.push(signal);
        await sleep(1_500);
        return shop.partners.inventory.reserve(request);
      },
    },
  };
  const cutOff: Database = {
    ...shop.database,
    query: (sql, params) =>
      sql.startsWith('UPDATE sagas SET leased_until') ? new Promise(() => {}) : shop.database.query(sql, params),
  };
  start(hanging, 600, cutOff);
  await vi.waitFor(() => expect(signals).toHaveLength(1));
  await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true), { timeout: 600 });
  await stopWorkers();
  start();
  await untilEnded();
  await sleep(1_500);
  const { events, ledger } = await shop.summary(orderId);
  expect(events.filter((event) => event === 'stock.reserved')).toHaveLength(1);
  expect([events.at(-1), ledger]).toEqual(['order.fulfilled', ['authorization', 'capture']]);
});

test('a worker that was frozen for most of its lease begins no call', async () => {
  await shop.place({ isPending: false });
  const sagas = await claimDueSagas(shop.database, 1, 15_000);
  shop.faults.requestCounter.clear();
  const deps = { database: shop.database, ...shop.partners, log: silentLog };
  for (const saga of sagas) await advanceSaga(deps, saga, performance.now() - 7_600, new AbortController().signal);
  expect([sagas.length, shop.faults.requestCounter.read().byMatch]).toEqual([1, {}]);
});

test('a worker that is stopped releases its orders after the current step', async () => {
  await shop.place({ isPending: false });
  const calls = { now: new Map<string, number>(), most: 0 };
  start(counted(calls, () => 200));
  await vi.waitFor(() => expect(calls.most).toBe(1));
  await stopWorkers();
  const { rows } = await shop.database.query('SELECT state, lease, leased_until FROM sagas');
  expect(rows).toEqual([{ state: 'running', lease: null, leased_until: null }]);
});

test('all events of an order belong to the trace in which it was placed', async () => {
  const storage = new AsyncLocalStorage<Context>();
  const manager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: <A extends unknown[], F extends (...args: A) => ReturnType<F>>(
      active: Context,
      run: F,
      thisArg?: ThisParameterType<F>,
      ...args: A
    ) => storage.run(active, () => run.call(thisArg as ThisParameterType<F>, ...args)),
    bind: <T>(_active: Context, target: T) => target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const traceId = 'a'.repeat(32);
  const placing = extractTrace({ traceparent: `00-${traceId}-${'b'.repeat(16)}-01` });
  const orderId = await context.with(placing, () => shop.place());
  start();
  await untilEnded();
  const { rows } = await shop.database.query<{ trace: { traceparent?: string } }>(
    'SELECT trace FROM outbox WHERE subject = $1',
    [orderId],
  );
  const ids = rows.map(({ trace }) => trace.traceparent?.split('-')[1]);
  expect([ids.length, new Set(ids)]).toEqual([7, new Set([traceId])]);
});
