import { create, type DescMessage, type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { orderCancelled, orderFulfilled, orderPlaced } from '../contracts/events.ts';
import { CancellationReason } from '../contracts/gen/windlass/events/v1/orders_pb.js';
import { statsSchema } from '../contracts/stats.ts';
import { createFaultInjection } from '../lib/faults/fault-injection.ts';
import { createApp } from '../lib/http/create-app.ts';
import { type Listening, listen } from '../lib/http/listen.ts';
import type { CloudEvent, EventType } from '../lib/messaging/cloud-event.ts';
import type { Intent } from '../lib/messaging/handle-message.ts';
import { silentLog } from '../lib/observability/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { startTestDatabase } from '../lib/testing/databases.ts';
import { migrations, purgeMinutes, resetFacts } from './facts.ts';
import { projectOrders } from './projection.ts';
import { rebuildFacts } from './rebuild-facts.ts';
import { analyticsRoutes } from './routes.ts';
import { readStats } from './stats.ts';

let database: Database;
let stop: () => Promise<void>;
let server: Listening;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
  const routes = analyticsRoutes(database);
  server = await listen(createApp(routes, createFaultInjection(false), silentLog), '127.0.0.1', 0);
});
afterAll(async () => {
  await server.drain();
  await stop();
});
beforeEach(() => resetFacts(database));

function event<Schema extends DescMessage>(
  { type, schema }: EventType<Schema>,
  orderId: string,
  data: MessageInitShape<Schema>,
): CloudEvent {
  const json = toJsonString(schema, create(schema, data));
  const time = new Date().toISOString();
  return { id: `${type} ${orderId}`, source: '/windlass/orders', type, subject: orderId, time, data: json };
}

const now = timestampFromDate(new Date());
const nextWeek = timestampFromDate(new Date(Date.now() + 7 * 86_400_000));
const placed = (orderId: string, amountMinor = 2_400n, currency = 'USD', placedAt = now) =>
  event(orderPlaced, orderId, { orderId, total: { currency, amountMinor }, placedAt });
const fulfilled = (orderId: string) => event(orderFulfilled, orderId, { orderId, endedAt: now });
const cancelled = (orderId: string, reason = CancellationReason.DECLINED) =>
  event(orderCancelled, orderId, { orderId, endedAt: now, reason });

function handle(one: CloudEvent): Promise<Intent> | undefined {
  const handlers = projectOrders(database, silentLog);
  return handlers.find(({ event: { type } }) => type === one.type)?.handle(one);
}

async function handleAll(events: readonly CloudEvent[]): Promise<void> {
  for (const one of events) expect(await handle(one)).toEqual({ kind: 'done' });
}

const readFacts = async () => (await database.query('SELECT * FROM order_facts ORDER BY order_id')).rows;

describe('the projection', () => {
  const events = [placed('o-1'), fulfilled('o-1'), placed('o-2', 100n), cancelled('o-2'), placed('o-3')];

  test('gives the same facts whatever the order of its events and however often each is delivered', async () => {
    await handleAll(events);
    const facts = await readFacts();
    expect(facts).toHaveLength(3);
    await resetFacts(database);
    await handleAll([...events.toReversed(), ...events]);
    expect(await readFacts()).toEqual(facts);
  });

  test('processes an event once: a second event with the same id is ignored', async () => {
    await handleAll([placed('o-1'), placed('o-1', 999n)]);
    expect(await readFacts()).toMatchObject([{ total_minor: '2400' }]);
  });

  test.each([
    ['no total', event(orderPlaced, 'o-1', { orderId: 'o-1', placedAt: now }), 'total must be'],
    ['a negative total', placed('o-1', -1n), 'total must be'],
    ['a currency that is not a code', placed('o-1', 1n, 'dollars'), 'total must be'],
    ['no reason', cancelled('o-1', CancellationReason.UNSPECIFIED), 'an unknown reason: 0'],
    ['a time in the future', placed('o-1', 1n, 'USD', nextWeek), 'order.placed has no time in the past'],
    [
      'an end in the future',
      event(orderCancelled, 'o-1', { orderId: 'o-1', endedAt: nextWeek, reason: 1 }),
      'order.cancelled has no time in the past',
    ],
    ['no end time', event(orderFulfilled, 'o-1', { orderId: 'o-1' }), 'order.fulfilled has no time in the past'],
  ])('dead-letters an event with %s, with the reason', async (_, bad, reason) => {
    expect(await handle(bad)).toEqual({ kind: 'dead-letter', reason: expect.stringContaining(reason) });
    expect(await readFacts()).toEqual([]);
  });
});

describe('the statistics', () => {
  test('count orders by outcome, and only fulfilled orders as revenue', async () => {
    await handleAll([
      ...[placed('o-1'), fulfilled('o-1'), placed('o-2', 100n), fulfilled('o-2'), placed('o-3', 500n, 'EUR')],
      ...[fulfilled('o-3'), placed('o-4'), placed('o-5'), cancelled('o-5')],
      ...[placed('o-6'), cancelled('o-6', CancellationReason.SHIPMENT_FAILED)],
    ]);
    const { perMinute, ...totals } = await readStats(database, 2);
    expect(totals).toEqual({
      orders: { total: 6, open: 1, fulfilled: 3, cancelled: 2 },
      cancelledByReason: { declined: 1, 'shipment-failed': 1 },
      revenue: { EUR: 500, USD: 2_500 },
    });
    // A new minute may have begun since the events.
    expect(perMinute).toHaveLength(2);
    expect(perMinute.find(({ orders }) => orders > 0)).toEqual({
      at: expect.stringMatching(/:00\.000Z$/),
      orders: 6,
      revenue: { EUR: 500, USD: 2_500 },
      cancellations: 2,
    });
  });

  test('show a sum above 2^53 - 1 as a string of digits, and a smaller one as a number', async () => {
    const limit = BigInt(Number.MAX_SAFE_INTEGER);
    await handleAll([placed('o-1', limit), fulfilled('o-1')]);
    expect((await readStats(database, 1)).revenue).toEqual({ USD: Number.MAX_SAFE_INTEGER });
    await handleAll([placed('o-2', 1n), fulfilled('o-2')]);
    expect((await readStats(database, 1)).revenue).toEqual({ USD: '9007199254740992' });
  });

  test('list the requested number of minutes, 60 by default, oldest first', async () => {
    const anHourAgo = timestampFromDate(new Date(Date.now() - 59 * 60_000));
    await handleAll([placed('o-1', 1n, 'USD', anHourAgo)]);
    const answer = await get('');
    expect(answer.status).toBe(200);
    const { perMinute } = statsSchema.parse(await answer.json());
    expect(perMinute).toHaveLength(60);
    const times = perMinute.map(({ at }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(((await (await get('?minutes=1440')).json()) as { perMinute: unknown[] }).perMinute).toHaveLength(1440);
    expect(((await (await get('?minutes=1')).json()) as { perMinute: unknown[] }).perMinute).toHaveLength(1);
  });

  test.each(['0', '1441', '-1', '1.5', 'x', '', '99999', '5&minutes=6', '5&hours=1'])(
    'reject minutes=%s with a problem that names the field',
    async (text) => {
      const answer = await get(`?minutes=${text}`);
      expect(answer.status).toBe(400);
      const field = text.includes('hours') ? 'hours' : 'minutes';
      expect(await answer.json()).toMatchObject({
        type: expect.stringMatching(/\/invalid$/),
        errors: [{ field, message: expect.any(String) }],
      });
    },
  );

  const get = (query: string) => fetch(`http://127.0.0.1:${server.port}/v1/stats${query}`);
});

describe('the running totals', () => {
  const readKept = async () =>
    (await database.query('SELECT * FROM order_totals WHERE value <> 0 ORDER BY minute, kind, label')).rows;
  const readCounted = async () => {
    await database.query('SELECT recount_order_facts()');
    return readKept();
  };
  const anHourAgo = timestampFromDate(new Date(Date.now() - 60 * 60_000));
  const events = Array.from({ length: 60 }, (_, n) => {
    const [orderId, isEuro] = [`o-${n}`, n % 5 === 0];
    const placing = placed(orderId, BigInt(n), isEuro ? 'EUR' : 'USD', n % 7 === 0 ? anHourAgo : now);
    return [[placing], [placing, fulfilled(orderId)], [placing, cancelled(orderId, 1 + (n % 4))]][n % 3] ?? [];
  }).flat();

  test('are what counting all facts gives, whatever the order of events, their duplicates and concurrency', async () => {
    const shuffled = events.toSorted((one, other) => one.id.localeCompare(other.id));
    const lanes = [events.toReversed(), shuffled, events];
    await Promise.all(lanes.map(handleAll));
    const kept = await readKept();
    expect(kept.length).toBeGreaterThan(8);
    expect(kept).toEqual(await readCounted());
  });

  test('follow a fact that is deleted, changed by hand, or emptied with its table', async () => {
    await handleAll(events);
    await database.query("DELETE FROM order_facts WHERE order_id < 'o-3'");
    await database.query("UPDATE order_facts SET currency = 'NOK', total_minor = total_minor + 1");
    expect(await readKept()).toEqual(await readCounted());
    await resetFacts(database);
    expect(await readKept()).toEqual([]);
  });

  test('are counted again by a rebuild', async () => {
    await handleAll(events);
    const right = await readKept();
    await database.query('UPDATE order_totals SET value = value + 7');
    await rebuildFacts(database, () => handleAll(events));
    expect(await readKept()).toEqual(right);
  });

  test('of minutes are purged after two days, those of all time never', async () => {
    const aWeekAgo = timestampFromDate(new Date(Date.now() - 7 * 24 * 60 * 60_000));
    await handleAll([placed('o-1', 1n, 'USD', aWeekAgo), placed('o-2')]);
    await purgeMinutes(database);
    const minutes = (await readKept()).filter(({ kind }) => kind === 'placed');
    expect(minutes).toHaveLength(1);
    expect((await readStats(database, 1)).orders.total).toBe(2);
  });
});

describe('a rebuild', () => {
  const events = [placed('o-1'), fulfilled('o-1'), placed('o-2', 100n), cancelled('o-2'), placed('o-3')];

  test('restores the same facts while the consumer continues', async () => {
    await handleAll(events);
    const before = await readFacts();
    const meanwhile = [fulfilled('o-3'), placed('o-4')];
    await rebuildFacts(database, async () => {
      expect(await readFacts()).toEqual([]);
      await Promise.all([handleAll(events), handleAll(meanwhile)]);
      // The replay also delivers the events that the consumer has handled in the meantime.
      await handleAll(meanwhile);
    });
    const after = await readFacts();
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after.slice(2)).toMatchObject([
      { order_id: 'o-3', total_minor: '2400', outcome: 'fulfilled' },
      { order_id: 'o-4', outcome: null },
    ]);
  });

  test('repairs wrong facts, and leaves orders that the topic may no longer contain', async () => {
    const aMonthAgo = timestampFromDate(new Date(Date.now() - 30 * 24 * 60 * 60_000));
    await handleAll([...events, placed('o-0', 1n, 'USD', aMonthAgo)]);
    const right = await readFacts();
    await database.query("UPDATE order_facts SET total_minor = 0 WHERE order_id = 'o-1'");
    await database.query("DELETE FROM order_facts WHERE order_id = 'o-2'");
    await rebuildFacts(database, () => handleAll(events));
    expect(await readFacts()).toEqual(right);
  });

  test('rejects a second rebuild at the same time, which changes nothing', async () => {
    await handleAll(events);
    await rebuildFacts(database, async () => {
      await handleAll(events);
      const second = rebuildFacts(database, () => Promise.resolve());
      await expect(second).rejects.toMatchObject({ code: 'in-flight' });
      expect(await readFacts()).toHaveLength(3);
    });
  });

  test('keeps no transaction open during the replay: Postgres would end it after five seconds', async () => {
    const idle = `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE state = 'idle in transaction' AND datname = current_database()`;
    const count = await rebuildFacts(database, async () => (await database.query<{ count: number }>(idle)).rows[0]);
    expect(count).toEqual({ count: 0 });
    await rebuildFacts(database, () => Promise.resolve());
  });
});
