import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orderPlaced } from '../../contracts/events.ts';
import type { Database } from '../postgres/database.ts';
import { startTestDatabase } from '../testing/databases.ts';
import { decodeEvent, readEventData } from './cloud-event.ts';
import type { OutgoingMessage, Publisher } from './message.ts';
import { addToOutbox } from './outbox.ts';
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
  ({ database, stop } = await startTestDatabase());
});
afterAll(() => stop());
beforeEach(async () => {
  published = [];
  await database.query('TRUNCATE outbox');
});

const place = (orderId: string) =>
  addToOutbox(database, orderPlaced, {
    subject: orderId,
    data: { orderId, total: { currency: 'USD', amountMinor: 2400n } },
  });

test('an event is a CloudEvent in binary mode that continues its trace, and its value is readable JSON', async () => {
  await place('o-5');
  await database.query('UPDATE outbox SET trace = $1', [{ traceparent, baggage: 'a=1', tracestate: 'b=2' }]);
  await relayBatch(database, publisher, 'orders');
  expect(published[0]?.headers).toMatchObject({
    ce_specversion: '1.0',
    ce_type: 'windlass.order.placed.v1',
    ce_source: '/windlass/orders',
    ce_subject: 'o-5',
    'content-type': 'application/json',
    traceparent,
  });
  expect(published[0]?.headers).not.toHaveProperty('baggage');
  expect(published[0]?.headers).not.toHaveProperty('tracestate');
  const { key, value, headers } = published[0] ?? { key: null, value: null, headers: {} };
  expect(JSON.parse(String(value))).toEqual({
    orderId: 'o-5',
    total: { currency: 'USD', amountMinor: '2400' },
  });
  const record = { key: Buffer.from(String(key)), value: Buffer.from(String(value)), headers };
  const event = decodeEvent({ topic: 'orders.v1', partition: 0, offset: '0', ...record }, [orderPlaced]);
  expect(event && readEventData(orderPlaced, event)).toMatchObject({ orderId: 'o-5' });
});
