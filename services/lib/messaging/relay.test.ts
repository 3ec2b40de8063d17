import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orderPlaced } from '../../contracts/events.ts';
import { silentLog } from '../observability/log.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { startTestDatabase } from '../testing/databases.ts';
import { type OutgoingMessage, type Publisher, TooLargeForBroker } from './message.ts';
import { addToOutbox, purgeOutbox } from './outbox.ts';
import { relayBatch, startRelay, takeBytes } from './relay.ts';

let database: Database;
let stop: () => Promise<void>;
let published: OutgoingMessage[];
const publisher: Publisher = {
  async publish(messages) {
    published.push(...messages);
  },
};

beforeAll(async () => {
  ({ database, stop } = await startTestDatabase());
});
afterAll(() => stop());
beforeEach(async () => {
  published = [];
  await database.query('TRUNCATE outbox');
});

/** An event whose amount tells it from others of its order. */
const place = (orderId: string, number = 0, tx: Queryable = database, customerId = '') =>
  addToOutbox(tx, orderPlaced, {
    subject: orderId,
    data: { orderId, customerId, total: { currency: 'USD', amountMinor: BigInt(number) } },
  });

const numbersOf = (orderId: string): number[] =>
  published
    .filter(({ key }) => key === orderId)
    .map(({ value }) => Number(JSON.parse(String(value)).total.amountMinor ?? 0));

async function countWaiting(): Promise<number> {
  const { rows } = await database.query('SELECT FROM outbox WHERE published_at IS NULL');
  return rows.length;
}

async function untilPublished(): Promise<void> {
  while ((await countWaiting()) > 0) await sleep(10);
}

async function relayAll(): Promise<void> {
  while ((await relayBatch(database, publisher, 'orders')) > 0);
}

test('the outbox is published in order, keyed by order id, and its rows are kept', async () => {
  for (const [number, orderId] of ['o-1', 'o-2', 'o-1'].entries()) await place(orderId, number);
  expect(await relayBatch(database, publisher, 'orders')).toBe(3);
  expect(published.map(({ topic, key }) => [topic, key])).toEqual([
    ['orders.v1', 'o-1'],
    ['orders.v1', 'o-2'],
    ['orders.v1', 'o-1'],
  ]);
  expect(await relayBatch(database, publisher, 'orders')).toBe(0);
  const { rows } = await database.query<{ age: number }>(
    'SELECT extract(epoch FROM now() - published_at)::float8 AS age FROM outbox',
  );
  expect(rows).toHaveLength(3);
  expect(rows.every(({ age }) => age < 60)).toBe(true);
});

test('after a failed publication the events are published in order, before those added since', async () => {
  for (const number of [0, 1]) await place('o-1', number);
  const failing: Publisher = { publish: () => Promise.reject(new Error('no broker')) };
  await expect(relayBatch(database, failing, 'orders')).rejects.toThrow('no broker');
  expect(await countWaiting()).toBe(2);
  await place('o-1', 2);
  await relayAll();
  expect(numbersOf('o-1')).toEqual([0, 1, 2]);
});

test('relays skip a partition that another relay is publishing, and publish the other partitions', async () => {
  await place('o-1', 0);
  let finish = () => {};
  const isSlow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const slow = relayBatch(
    database,
    {
      async publish(messages) {
        await isSlow;
        published.push(...messages);
      },
    },
    'orders',
  );
  await sleep(100);
  await place('o-1', 1);
  for (let order = 2; order < 40; order++) await place(`o-${order}`);
  await relayAll();
  const meanwhile = [...published];
  finish();
  await slow;
  expect(meanwhile.filter(({ key }) => key === 'o-1')).toEqual([]);
  expect(meanwhile.length).toBeGreaterThan(20);
  await relayAll();
  expect(numbersOf('o-1')).toEqual([0, 1]);
});

test('a relay that finds the partition locked looks again after a pause, not at once', async () => {
  await place('o-1');
  const held = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const holder = relayBatch(
    database,
    {
      publish() {
        held.resolve();
        return finish.promise;
      },
    },
    'orders',
  );
  await held.promise;
  let batches = 0;
  const counted: Database = {
    ...database,
    transaction(work) {
      batches++;
      return database.transaction(work);
    },
  };
  const stopRelay = startRelay(counted, publisher, 'orders', silentLog);
  await sleep(600);
  await stopRelay();
  finish.resolve();
  await holder;
  expect(batches).toBeGreaterThan(1);
  expect(batches, 'in 600 ms, with 30 ms between two').toBeLessThanOrEqual(20);
});

test('concurrent relays publish each event once, and the events of an order in order', async () => {
  const orders = 40;
  const each = 50;
  for (let number = 0; number < each; number++) {
    await Promise.all(Array.from({ length: orders }, (_, order) => place(`o-${order}`, number)));
  }
  const jittery: Publisher = {
    async publish(messages) {
      await sleep(Math.random() * 10);
      published.push(...messages);
    },
  };
  const stopRelays = [1, 2, 3].map(() => startRelay(database, jittery, 'orders', silentLog));
  await untilPublished();
  await Promise.all(stopRelays.map((stopRelay) => stopRelay()));
  expect(published).toHaveLength(orders * each);
  for (let order = 0; order < orders; order++) {
    expect(numbersOf(`o-${order}`)).toEqual(Array.from({ length: each }, (_, number) => number));
  }
});

test('no event is lost if transactions commit out of order', async () => {
  await database.transaction(async (tx) => {
    await place('o-1', 1, tx);
    await place('o-1', 2);
    await relayAll();
    expect(numbersOf('o-1')).toEqual([2]);
  });
  await relayAll();
  expect(numbersOf('o-1')).toEqual([2, 1]);
});

test('events that exceed the size limit of a broker are published in several batches', async () => {
  const batches: number[] = [];
  for (let number = 0; number < 5; number++) await place('o-1', number, database, 'x'.repeat(180_000));
  const counting: Publisher = {
    async publish(messages) {
      batches.push(messages.length);
    },
  };
  while ((await relayBatch(database, counting, 'orders')) > 0);
  expect(batches).toEqual([4, 1]);
});

test('a batch is sized by every byte that is sent: key, headers, value and the fields of a record', () => {
  const row = { id: '1', topic: 'orders.v1', event_id: 'e', source: '/windlass/orders', type: 't', trace: {} };
  const rows = Array.from({ length: 1_000 }, (_, index) => ({
    ...row,
    id: String(index),
    subject: 'ä'.repeat(1_000),
    occurred_at: new Date(),
    data: '{}',
  }));
  const bytesOfEach = 2 * 2_000;
  expect(takeBytes(rows).length * bytesOfEach).toBeGreaterThan(700_000);
  expect(takeBytes(rows).length * (bytesOfEach + 300)).toBeLessThan(950_000);
});

/** A broker that refuses every batch of more bytes, counted by the values alone. */
const refusing = (maxBytes: number): Publisher => ({
  async publish(messages) {
    const bytes = messages.reduce((sum, { value }) => sum + Buffer.byteLength(String(value ?? '')), 0);
    if (bytes > maxBytes) throw new TooLargeForBroker('MESSAGE_TOO_LARGE');
    published.push(...messages);
  },
});

test('a batch that the broker refuses as too large is split, down to the event, which is dead-lettered', async () => {
  for (const number of [0, 1, 2, 3]) await place('o-1', number);
  await place('large', 0, database, 'x'.repeat(150_000));
  for (const number of [4, 5]) await place('o-1', number);
  while ((await relayBatch(database, refusing(150), 'orders')) > 0);
  expect(numbersOf('o-1')).toEqual([0, 1, 2, 3, 4, 5]);
  const deadLetters = published.filter(({ topic }) => topic === 'orders.dlq');
  expect(deadLetters).toMatchObject([
    {
      key: null,
      value: null,
      headers: {
        'dl-cause': 'oversize',
        'dl-original-topic': 'orders.v1',
        'dl-original-partition': 'outbox',
        'dl-original-offset': expect.stringMatching(/^\d+$/),
        'dl-cut-from-bytes': expect.stringMatching(/^150\d\d\d$/),
        'dl-reason': expect.stringContaining('MESSAGE_TOO_LARGE'),
      },
    },
  ]);
  expect(await countWaiting()).toBe(0);
});

test('a relay continues after a failure', async () => {
  let failures = 1;
  const flaky: Publisher = {
    async publish(messages) {
      if (failures-- > 0) throw new Error('no broker');
      published.push(...messages);
    },
  };
  const stopRelay = startRelay(database, flaky, 'orders', silentLog);
  for (const number of [0, 1, 2]) await place('o-1', number);
  await untilPublished();
  await stopRelay();
  expect(numbersOf('o-1')).toEqual([0, 1, 2]);
});

test('an event is deleted when no topic has it any more; a waiting event is not', async () => {
  for (const orderId of ['old', 'young']) await place(orderId);
  await relayAll();
  await place('waiting');
  await database.query("UPDATE outbox SET published_at = now() - interval '217 hours' WHERE subject = 'old'");
  await database.query("UPDATE outbox SET published_at = now() - interval '215 hours' WHERE subject = 'young'");
  await database.query("UPDATE outbox SET occurred_at = now() - interval '10 days'");
  expect(await purgeOutbox(database)).toBe(1);
  const { rows } = await database.query('SELECT subject FROM outbox ORDER BY id');
  expect(rows).toEqual([{ subject: 'young' }, { subject: 'waiting' }]);
});
