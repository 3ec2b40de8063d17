import { create, toJsonString } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orderReady, shipmentFailed, shipmentScheduled } from '../contracts/events.ts';
import type { CloudEvent } from '../lib/messaging/cloud-event.ts';
import { silentLog } from '../lib/observability/log.ts';
import type { Database } from '../lib/postgres/database.ts';
import { startTestDatabase } from '../lib/testing/databases.ts';
import { onOrderReady } from './on-order-ready.ts';
import { migrations, readShipment, resetShipments } from './shipments.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(() => resetShipments(database));

const ready = (id: string, orderId: string, country = 'NO', again = {}): CloudEvent => ({
  id,
  source: '/windlass/orders',
  type: orderReady.type,
  subject: orderId,
  time: '2026-11-21T10:00:00.000Z',
  data: toJsonString(orderReady.schema, create(orderReady.schema, { orderId, country, ...again })),
});

const handle = (event: CloudEvent) => onOrderReady(database, silentLog)(event);

async function readOutbox() {
  const { rows } = await database.query<{ type: string; subject: string; topic: string; source: string; data: string }>(
    'SELECT type, subject, topic, source, data FROM outbox ORDER BY id',
  );
  return rows;
}

test('a ready order is shipped, and an event reports the shipment', async () => {
  expect(await handle(ready('e-1', 'o-1'))).toEqual({ kind: 'done' });
  const shipment = await readShipment(database, 'o-1');
  expect(shipment).toEqual({ orderId: 'o-1', status: 'scheduled', at: expect.stringMatching(/^\d{4}-.*Z$/) });
  const [event, ...others] = await readOutbox();
  expect(event).toMatchObject({
    type: shipmentScheduled.type,
    topic: 'fulfillment.v1',
    source: '/windlass/fulfillment',
    subject: 'o-1',
  });
  expect(JSON.parse(event?.data ?? '')).toEqual({ orderId: 'o-1', scheduledAt: shipment?.at });
  expect(others).toEqual([]);
});

test('a shipment to a country that the carrier does not serve fails permanently, with the reason', async () => {
  await handle(ready('e-1', 'o-1', 'AQ'));
  const reason = 'the carrier does not serve AQ';
  expect(await readShipment(database, 'o-1')).toMatchObject({ status: 'failed', reason });
  const [event] = await readOutbox();
  expect(event?.type).toBe(shipmentFailed.type);
  expect(JSON.parse(event?.data ?? '')).toEqual({ orderId: 'o-1', reason });
});

test('an order has one shipment and one shipment event, even if several events say that it is ready', async () => {
  await Promise.all([handle(ready('e-1', 'o-1')), handle(ready('e-1', 'o-1')), handle(ready('e-2', 'o-1'))]);
  await handle(ready('e-3', 'o-1', 'AQ'));
  await handle(ready('e-4', 'o-2'));
  expect(await readShipment(database, 'o-1')).toMatchObject({ status: 'scheduled' });
  expect((await readOutbox()).map(({ subject }) => subject)).toEqual(['o-1', 'o-2']);
});

test('if the shipment event cannot be stored, there is no shipment either, and a retry ships the order', async () => {
  await database.query('ALTER TABLE outbox RENAME TO outbox_away');
  await expect(handle(ready('e-1', 'o-1'))).rejects.toMatchObject({ cause: { code: '42P01' } });
  await database.query('ALTER TABLE outbox_away RENAME TO outbox');
  expect(await readShipment(database, 'o-1')).toBeUndefined();
  await handle(ready('e-1', 'o-1'));
  expect(await readShipment(database, 'o-1')).toMatchObject({ status: 'scheduled' });
});

test.each([
  ['no country', ready('e-1', 'o-1', ''), 'country is "", but must be two capital letters'],
  ['a country name', ready('e-1', 'o-1', 'Norway'), 'country is "Norway", but must be two capital letters'],
])('an event with %s is dead-lettered with the reason', async (_, event, reason) => {
  expect(await handle(event)).toEqual({ kind: 'dead-letter', reason });
  expect(await readOutbox()).toEqual([]);
});

test('an operator gets the decision again; each such event is answered once', async () => {
  await handle(ready('e-1', 'o-1'));
  for (const id of ['e-2', 'e-2', 'e-3']) await handle(ready(id, 'o-1', 'NO', { repeated: true }));
  const outbox = await readOutbox();
  expect(outbox).toHaveLength(3);
  expect(new Set(outbox.map(({ type, data }) => `${type} ${data}`)).size, 'the same decision').toBe(1);
});

test.each(['NO', 'AQ'])('after the loss of all rows, the event about an order to %s has its former id', async (to) => {
  const readIds = async () => {
    const { rows } = await database.query<{ event_id: string }>('SELECT event_id FROM outbox ORDER BY id');
    return rows.map((row) => row.event_id);
  };
  const events = [ready('e-1', 'o-1', to), ready('e-2', 'o-2', to), ready('e-3', 'o-1', to, { repeated: true })];
  for (const event of events) await handle(event);
  const before = await readIds();
  await database.query('TRUNCATE inbox, shipments, outbox');
  for (const event of events) await handle(event);
  expect(await readIds()).toEqual(before);
  expect(new Set(before).size).toBe(3);
});

test('an order that was never decided is shipped when an operator asks again', async () => {
  await handle(ready('e-1', 'o-1', 'NO', { repeated: true }));
  expect((await readOutbox()).map(({ type }) => type)).toEqual([shipmentScheduled.type]);
});

test.each(['NO', 'Norway'])(
  'an order to %s that an operator cancels before it is shipped is not shipped',
  async (to) => {
    await handle(ready('e-1', 'o-1', to, { withdrawn: true }));
    expect(await readShipment(database, 'o-1')).toMatchObject({ status: 'failed' });
    await handle(ready('e-2', 'o-1'));
    const [event, ...others] = await readOutbox();
    expect([event?.type, others]).toEqual([shipmentFailed.type, []]);
    expect(JSON.parse(event?.data ?? '')).toEqual({ orderId: 'o-1', reason: 'an operator cancelled the order' });
  },
);

test('an order that an operator cancels after it was shipped stays shipped, and that is reported again', async () => {
  await handle(ready('e-1', 'o-1'));
  await handle(ready('e-2', 'o-1', 'NO', { withdrawn: true }));
  expect(await readShipment(database, 'o-1')).toMatchObject({ status: 'scheduled' });
  expect((await readOutbox()).map(({ type }) => type)).toEqual([shipmentScheduled.type, shipmentScheduled.type]);
});
