import { create, toJsonString } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderCancelled, orderFulfilled, orderPlaced } from '../contracts/events.ts';
import type { CloudEvent } from '../lib/messaging/cloud-event.ts';
import { silentLog } from '../lib/observability/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { startTestDatabase } from '../lib/testing/databases.ts';
import { migrations, purgeEmails, readEmails, resetEmails } from './emails.ts';
import { tellCustomer } from './tell-customer.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());

const placed = (id: string, orderId: string): CloudEvent => ({
  id,
  source: '/windlass/orders',
  type: orderPlaced.type,
  subject: orderId,
  time: '2026-11-21T10:00:00.000Z',
  data: toJsonString(orderPlaced.schema, create(orderPlaced.schema, { orderId, customerId: 'c-1' })),
});

test('an event has one e-mail, however often it is delivered, even concurrently', async () => {
  const handle = tellCustomer('order.placed', database, silentLog);
  await Promise.all([handle(placed('e-1', 'o-1')), handle(placed('e-1', 'o-1'))]);
  await handle(placed('e-1', 'o-1'));
  await handle(placed('e-2', 'o-2'));
  expect(await readEmails(database, 'o-1')).toEqual([{ kind: 'order.placed', at: expect.stringMatching(/^\d{4}-/) }]);
  expect(await readEmails(database, 'o-2')).toHaveLength(1);
});

test.each(['order.placed', 'order.fulfilled', 'order.cancelled'] as const)(
  'an %s event without a customer is dead-lettered, and there is no e-mail',
  async (kind) => {
    const event = { ...placed('e-9', 'o-9'), data: JSON.stringify({ orderId: 'o-9' }) };
    const ended = await tellCustomer(kind, database, silentLog)(event);
    expect(ended).toEqual({ kind: 'dead-letter', reason: 'customerId is missing' });
    expect(await readEmails(database, 'o-9')).toEqual([]);
  },
);

test('the customer also gets an e-mail when an order ends', async () => {
  const { schema } = orderFulfilled;
  const data = toJsonString(schema, create(schema, { orderId: 'o-3', customerId: 'c-1' }));
  await tellCustomer(
    'order.fulfilled',
    database,
    silentLog,
  )({ ...placed('e-3', 'o-3'), type: orderFulfilled.type, data });
  await tellCustomer('order.cancelled', database, silentLog)({ ...placed('e-4', 'o-3'), type: orderCancelled.type });
  const kinds = (await readEmails(database, 'o-3')).map(({ kind }) => kind);
  expect(kinds).toEqual(['order.fulfilled', 'order.cancelled']);
});

test('the records of e-mails are purged after 30 days', async () => {
  const handle = tellCustomer('order.placed', database, silentLog);
  await handle(placed('e-5', 'o-4'));
  await handle(placed('e-6', 'o-5'));
  await database.query("UPDATE emails SET at = now() - interval '31 days' WHERE order_id = 'o-4'");
  expect(await purgeEmails(database)).toBe(1);
  expect([await readEmails(database, 'o-4'), await readEmails(database, 'o-5')].map(({ length }) => length)).toEqual([
    0, 1,
  ]);
});

test('reset deletes the e-mails and the inbox', async () => {
  await resetEmails(database);
  expect(await readEmails(database, 'o-1')).toEqual([]);
  await tellCustomer('order.placed', database, silentLog)(placed('e-1', 'o-1'));
  expect(await readEmails(database, 'o-1')).toHaveLength(1);
});
