import { propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orderPlaced } from '../../contracts/events.ts';
import { DomainError } from '../errors/domain-error.ts';
import { silentLog } from '../log/log.ts';
import type { Database } from '../postgres/database.ts';
import { startTestDatabase } from '../postgres/testing.ts';
import { decodeEvent, readEventData } from './cloud-event.ts';
import { done, handleMessage, type Intent } from './handle-message.ts';
import { inboxMigration, receiveOnce } from './inbox.ts';
import type { IncomingMessage, OutgoingMessage, Publisher } from './message.ts';
import { addToOutbox, outboxLanesMigration, outboxMigration } from './outbox.ts';
import { relayBatch } from './relay.ts';

let database: Database;
let stop: () => Promise<void>;
let published: OutgoingMessage[];
const publisher: Publisher = {
  async publish(messages) {
    published.push(...messages);
  },
};
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

beforeAll(async () => {
  ({ database, stop } = await startTestDatabase([outboxMigration, outboxLanesMigration, inboxMigration]));
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterAll(() => stop());
beforeEach(async () => {
  published = [];
  await database.query('TRUNCATE outbox');
});

const place = (orderId: string) =>
  addToOutbox(database, orderPlaced, {
    source: '/windlass/orders',
    subject: orderId,
    data: { orderId, total: { currency: 'USD', amountMinor: 2400n } },
  });

const received = (message: OutgoingMessage | undefined): IncomingMessage => ({
  topic: 'orders.v1',
  key: '',
  value: '',
  headers: {},
  ...message,
  partition: 0,
  offset: '0',
});

test('an event is a CloudEvent in binary mode that continues its trace, and its value is readable JSON', async () => {
  await place('o-5');
  await database.query('UPDATE outbox SET trace = $1', [{ traceparent }]);
  await relayBatch(database, publisher);
  expect(published[0]?.headers).toMatchObject({
    ce_specversion: '1.0',
    ce_type: 'windlass.order.placed.v1',
    ce_source: '/windlass/orders',
    ce_subject: 'o-5',
    'content-type': 'application/json',
    traceparent,
  });
  expect(JSON.parse(published[0]?.value ?? '')).toEqual({
    orderId: 'o-5',
    total: { currency: 'USD', amountMinor: '2400' },
  });
  expect(readEventData(orderPlaced, decodeEvent(received(published[0])))).toMatchObject({ orderId: 'o-5' });
});

async function handle(message: IncomingMessage, intents: (Intent | Error)[]): Promise<number> {
  let attempts = 0;
  const handler = async () => {
    const intent = intents[attempts++] ?? done;
    if (intent instanceof Error) throw intent;
    return intent;
  };
  const handlers = { [orderPlaced.type]: handler };
  const options = { group: 'notifications', handlers, publisher, log: silentLog, maxAttempts: 3, firstBackOffMs: 1 };
  await handleMessage(message, options, async () => {});
  return attempts;
}

async function placedMessage(): Promise<IncomingMessage> {
  await place('o-6');
  await relayBatch(database, publisher);
  return received(published.pop());
}

test('a handler that asks for a retry, or throws, is tried again until it is done', async () => {
  const message = await placedMessage();
  expect(await handle(message, [{ kind: 'retry', reason: 'later' }, new Error('oops'), done])).toBe(3);
  expect(published).toEqual([]);
});

test('after the last try the event is dead-lettered with its reason and its origin', async () => {
  const message = await placedMessage();
  expect(await handle(message, Array(9).fill({ kind: 'retry', reason: 'later' }))).toBe(3);
  expect(published).toMatchObject([
    {
      topic: 'notifications.dlq',
      key: 'o-6',
      value: message.value,
      headers: {
        ce_id: message.headers.ce_id,
        'x-origin-topic': 'orders.v1',
        'x-dead-letter-reason': '3 tries: later',
      },
    },
  ]);
});

test('tries that meet an outage do not count: the event waits until it is over', async () => {
  const outage = new DomainError('unavailable', 'The database can not be used just now.');
  expect(await handle(await placedMessage(), [...Array(5).fill(outage), done])).toBe(6);
  expect(published).toEqual([]);
});

test('what is not a CloudEvent is dead-lettered at once, and an unknown type is skipped', async () => {
  const message = await placedMessage();
  expect(await handle({ ...message, headers: {} }, [])).toBe(0);
  expect(published).toHaveLength(1);
  expect(await handle({ ...message, headers: { ...message.headers, ce_type: 'windlass.order.eaten.v1' } }, [])).toBe(0);
  expect(published).toHaveLength(1);
});

test('a message whose dead letter can not be published is not done', async () => {
  const failing: Publisher = { publish: () => Promise.reject(new Error('no broker')) };
  const options = { group: 'notifications', handlers: {}, publisher: failing, log: silentLog };
  await expect(handleMessage(received(undefined), options, async () => {})).rejects.toThrow('no broker');
});

test('the inbox takes an event once, unless its transaction was rolled back', async () => {
  const rolledBack = database.transaction(async (tx) => {
    await receiveOnce(tx, 'e-1');
    throw new Error('no');
  });
  await expect(rolledBack).rejects.toThrow('no');
  expect(await receiveOnce(database, 'e-1')).toBe(true);
  expect(await receiveOnce(database, 'e-1')).toBe(false);
});
