import { randomUUID } from 'node:crypto';
import { fromJson } from '@bufbuild/protobuf';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { allEvents } from '../../contracts/all-events.ts';
import { orderCancelled, orderPlaced, shipmentScheduled } from '../../contracts/events.ts';
import { createLog, silentLog } from '../observability/log.ts';
import { DomainError } from '../runtime/domain-error.ts';
import { type EventType, readEventData } from './cloud-event.ts';
import { toRedriven } from './dead-letter.ts';
import { done, type EventHandler, handleMessage, type Intent } from './handle-message.ts';
import type { IncomingMessage, OutgoingMessage, Publisher } from './message.ts';

const group = 'notifications';
let published: OutgoingMessage[];
const publisher: Publisher = {
  async publish(messages) {
    published.push(...messages);
  },
};
beforeEach(() => {
  published = [];
});

const placed: IncomingMessage = {
  topic: 'orders.v1',
  partition: 2,
  offset: '17',
  key: Buffer.from('o-1'),
  value: Buffer.from('{"orderId":"o-1"}'),
  headers: {
    ce_specversion: '1.0',
    ce_id: randomUUID(),
    ce_source: '/windlass/orders',
    ce_type: orderPlaced.type,
    ce_subject: 'o-1',
    ce_time: '2026-11-21T10:00:00.000Z',
  },
};
const withHeaders = (headers: Record<string, string>) => ({ ...placed, headers: { ...placed.headers, ...headers } });
const withValue = (value: string | Buffer | null) => ({ ...placed, value: value === null ? null : Buffer.from(value) });

const about = (subject: string) => ({ ...withHeaders({ ce_subject: subject }), key: Buffer.from(subject) });

const read: EventHandler = async (event) => {
  if (event.type === orderPlaced.type) readEventData(orderPlaced, event);
  else readEventData(orderCancelled, event);
  return done;
};

async function handle(message: IncomingMessage, intents: (Intent | Error)[] = [], events: readonly EventType[] = []) {
  let attempts = 0;
  const handler: EventHandler = async (event) => {
    const intent = intents[attempts++];
    if (intent instanceof Error) throw intent;
    return intent ?? read(event);
  };
  const handlers = [orderPlaced, orderCancelled].map((event) => ({ event, handle: handler }));
  const options = { group, handlers, events, publisher, log: silentLog, firstBackOffMs: 1 };
  const { kind } = await handleMessage(message, options);
  return { kind, attempts, cause: published[0]?.headers['dl-cause'] };
}

test('a handler that asks for a retry, or throws, is called again until it is done', async () => {
  const ended = await handle(placed, [{ kind: 'retry', reason: 'later' }, new Error('oops'), done]);
  expect(ended).toEqual({ kind: 'done', attempts: 3, cause: undefined });
});

test('after the last attempt the event is dead-lettered with its cause and its original position', async () => {
  const ended = await handle(placed, Array(9).fill({ kind: 'retry', reason: 'later' }));
  expect(ended).toEqual({ kind: 'dead-lettered', attempts: 4, cause: 'attempts-exhausted' });
  const { topic, key, value, headers } = published[0] ?? {};
  expect([topic, key, value]).toEqual(['notifications.dlq', placed.key, placed.value]);
  expect(headers).toMatchObject({
    ...placed.headers,
    'dl-reason': 'later',
    'dl-attempts': '4',
    'dl-original-topic': 'orders.v1',
    'dl-original-partition': '2',
    'dl-original-offset': '17',
    'dl-group': group,
    'dl-trace-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    'dl-at': expect.stringMatching(/^\d{4}-/),
  });
});

test('an event that a handler rejects is dead-lettered at once', async () => {
  const ended = await handle(placed, [{ kind: 'dead-letter', reason: 'no such country' }]);
  expect(ended).toEqual({ kind: 'dead-lettered', attempts: 1, cause: 'refused' });
});

test.each(['unavailable', 'outcome-unknown'] as const)(
  'an event that meets an outage (%s) is postponed',
  async (code) => {
    const ended = await handle(placed, [new DomainError(code, 'The database cannot be used just now.')]);
    expect(ended).toEqual({ kind: 'postponed', attempts: 1, cause: undefined });
  },
);

test('a message is postponed if its dead-letter message cannot be published', async () => {
  const failing: Publisher = { publish: () => Promise.reject(new Error('no broker')) };
  const options = { group, handlers: [], publisher: failing, log: silentLog };
  expect(await handleMessage(withValue(null), options)).toMatchObject({ kind: 'postponed' });
});

test.each([
  ['not-a-cloudevent', 'no headers', { ...placed, headers: {} }],
  ['not-a-cloudevent', 'an id that is not a UUID', withHeaders({ ce_id: 'e-1' })],
  ['not-a-cloudevent', 'the subject of another key', withHeaders({ ce_subject: 'o-2' })],
  ['not-a-cloudevent', 'no key', { ...placed, key: null }],
  ['not-a-cloudevent', 'a source outside the shop', withHeaders({ ce_source: 'https://evil.example/windlass/orders' })],
  ['not-a-cloudevent', 'the source of another service', withHeaders({ ce_source: '/windlass/fulfillment' })],
  ['not-a-cloudevent', 'the source of no service', withHeaders({ ce_source: '/windlass/nobody' })],
  ['not-a-cloudevent', 'a time that is not ISO 8601', withHeaders({ ce_time: '1' })],
  ['not-a-cloudevent', 'a time without a zone', withHeaders({ ce_time: '2026-11-21T10:00:00' })],
  ['not-a-cloudevent', 'a day that does not exist', withHeaders({ ce_time: '2026-02-30T10:00:00Z' })],
  ['not-a-cloudevent', 'a subject of 65 characters', about('o'.repeat(65))],
  ['not-a-cloudevent', 'a subject that Postgres cannot store', about('o\0')],
  ['unknown-version', 'a future version of CloudEvents', withHeaders({ ce_specversion: '2.0' })],
  ['unknown-version', 'a future version of a known type', withHeaders({ ce_type: 'windlass.order.placed.v2' })],
  ['tombstone', 'no value', withValue(null)],
  ['oversize', 'a value of 256 KiB', withValue(Buffer.alloc(256 * 1024))],
  ['bad-data', 'no order', withValue('{}')],
  ['bad-data', 'another order than its subject', withValue('{"orderId":"o-2"}')],
  ['bad-data', 'an order id longer than an index can have', withValue(`{"orderId":"${'o'.repeat(8_000)}"}`)],
  ['bad-data', 'an empty value', withValue('')],
  ['bad-data', 'bytes that are not UTF-8', withValue(Buffer.from([0x7b, 0xff, 0x7d]))],
  ['bad-data', 'a value that is not JSON', withValue('order!')],
  ['bad-data', 'a field of the wrong type', withValue('{"orderId":7}')],
  ['bad-data', 'an amount beyond 64 bits', withValue('{"total":{"amountMinor":"99999999999999999999"}}')],
  ['bad-data', 'a status that this version lacks', withValue('{"status":"ORDER_STATUS_EATEN"}')],
])('a message is dead-lettered as %s without a second attempt: %s', async (cause, _what, message) => {
  const ended = await handle(message);
  expect(ended).toMatchObject({ kind: 'dead-lettered', cause });
  expect(ended.attempts).toBeLessThanOrEqual(1);
});

test('the dead-letter message of a forged source names that source and the expected one', async () => {
  await handle(withHeaders({ ce_source: '/windlass/fulfillment' }));
  expect(published[0]?.headers['dl-reason']).toBe(
    'ce_source is "/windlass/fulfillment", but windlass.order.placed.v1 comes from /windlass/orders',
  );
});

const thrownBy = (parse: () => unknown): Error => {
  try {
    parse();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('parsed, but should not have');
};

test.each([
  ['a ZodError', thrownBy(() => z.object({ country: z.string() }).parse({})), 'country'],
  ["protobuf's error for a field", thrownBy(() => fromJson(orderPlaced.schema, { orderId: 7 })), 'order_id'],
  ["protobuf's error for JSON that is not an object", thrownBy(() => fromJson(orderPlaced.schema, 7)), 'OrderPlaced'],
])('data that a handler cannot parse is bad data, without a second attempt: %s', async (_what, error, reason) => {
  const ended = await handle(placed, [error, done]);
  expect(ended).toEqual({ kind: 'dead-lettered', attempts: 1, cause: 'bad-data' });
  expect(published[0]?.headers['dl-reason']).toContain(reason);
});

test('a type without a handler is skipped, whatever its version', async () => {
  const ended = await handle(withHeaders({ ce_type: 'windlass.order.eaten.v3' }));
  expect(ended).toEqual({ kind: 'done', attempts: 0, cause: undefined });
});

test('an event that belongs to another topic is dead-lettered, handled or not, and its topic is named', async () => {
  const inOther = { ...placed, topic: 'fulfillment.v1' };
  expect(await handle(inOther, [], allEvents)).toMatchObject({ kind: 'dead-lettered', attempts: 0 });
  const unhandled = withHeaders({ ce_type: shipmentScheduled.type });
  expect(await handle(unhandled, [], allEvents)).toMatchObject({ kind: 'dead-lettered', cause: 'not-a-cloudevent' });
  const reasons = published.map(({ headers }) => headers['dl-reason']);
  expect(reasons).toEqual([
    'ce_type is windlass.order.placed.v1, which belongs to orders.v1, not to fulfillment.v1',
    'ce_type is windlass.shipment.scheduled.v1, which belongs to fulfillment.v1, not to orders.v1',
  ]);
});

test.each(['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.123456+01:00'])('the time %s is read', async (time) => {
  expect(await handle(withHeaders({ ce_time: time }))).toMatchObject({ kind: 'done' });
});

test('a field that this version does not know is ignored', async () => {
  expect(await handle(withValue('{"orderId":"o-1","color":"red"}'))).toMatchObject({ kind: 'done' });
});

test('a message too large for the dead-letter topic is cut, so that it can be published there', async () => {
  const large = { ...withValue(Buffer.alloc(2 ** 20)), headers: { ce_id: 'x'.repeat(2 ** 20) } };
  expect(await handle(large)).toMatchObject({ cause: 'oversize' });
  expect(published[0]?.value).toHaveLength(64 * 1024);
  expect(published[0]?.headers).toMatchObject({ ce_id: 'x'.repeat(512), 'dl-cut-from-bytes': String(2 ** 21 + 5 + 3) });
});

test('a message that is skipped because it was redriven for another group is logged, with that group', async () => {
  const lines: string[] = [];
  const log = createLog(group, 'info', { write: (line) => lines.push(line) });
  const message = withHeaders({ 'dl-redrive-for': 'analytics' });
  expect(await handleMessage(message, { group, handlers: [], publisher, log })).toEqual({ kind: 'done' });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'event skipped: redriven for another group', targetGroup: 'analytics', subject: 'o-1', offset: '17' },
  ]);
});

test('no log line quotes more of an event than a person reads', async () => {
  const long = '\x01'.repeat(200_000);
  const lines: string[] = [];
  const log = createLog(group, 'info', { write: (line) => lines.push(line) });
  const failing = async () => ({ kind: 'retry' as const, reason: long });
  const handlers = [{ event: orderPlaced, handle: failing }];
  const messages = [
    placed,
    { ...placed, key: Buffer.from(long) },
    withHeaders({ ce_specversion: long, ce_type: long }),
  ];
  for (const message of messages) await handleMessage(message, { group, handlers, publisher, log, firstBackOffMs: 1 });
  expect(lines.length).toBeGreaterThanOrEqual(4);
  for (const line of lines) expect(line.length).toBeLessThan(4_500);
});

test.each(['', 'No Group', 'x'.repeat(64)])(
  'a message for %j, which cannot be a group, is not skipped',
  async (targetGroup) => {
    const ended = await handle(withHeaders({ 'dl-redrive-for': targetGroup }));
    expect(ended).toEqual({ kind: 'dead-lettered', attempts: 0, cause: 'not-a-cloudevent' });
    expect(published[0]?.headers['dl-reason']).toContain('dl-redrive-for is "');
  },
);

test('a redriven message is handled by its group and skipped by the others', async () => {
  const redriven = (targetGroup: string): IncomingMessage => ({
    ...placed,
    headers: toRedriven(withHeaders({ 'dl-cause': 'refused' }), { topic: 'orders.v1', group: targetGroup }).headers,
  });
  expect(redriven(group).headers).toEqual({ ...placed.headers, 'dl-redrive-for': group });
  expect(await handle(redriven(group))).toMatchObject({ attempts: 1 });
  expect(await handle(redriven('analytics'))).toMatchObject({ kind: 'done', attempts: 0 });
});
