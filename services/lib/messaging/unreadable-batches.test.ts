import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { silentLog } from '../observability/log.ts';
import { toIncoming } from './consume.ts';
import { handleMessage } from './handle-message.ts';
import type { OutgoingMessage } from './message.ts';
import type { ReadRecord } from './unreadable-batches.ts';
import './unreadable-batches.ts';

const require = createRequire(import.meta.url);
const RecordBatch = require('kafkajs/src/protocol/recordBatch/v0').RecordBatch as (batch: object) => Promise<Encoded>;
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => Encoded;
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const decodeMessages = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (
  decoder: object,
) => Promise<ReadRecord[]>;

interface Encoded {
  readonly buffer: Buffer;
}

/** A batch as a broker sends it. */
async function batchOf(
  firstOffset: number,
  values: readonly string[],
  compression = 0,
  headers: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const records = values.map((value, offsetDelta) => encodeRecord({ offsetDelta, key: 'o-1', value, headers }));
  const batch = await RecordBatch({ compression, lastOffsetDelta: values.length - 1, records });
  const bytes = Buffer.from(batch.buffer);
  bytes.writeBigInt64BE(BigInt(firstOffset), 0);
  return bytes;
}

function read(...batches: readonly Buffer[]): Promise<ReadRecord[]> {
  const bytes = Buffer.concat(batches);
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return decodeMessages(new Decoder(Buffer.concat([size, bytes])));
}

const good = (offset: number) => batchOf(offset, ['good', 'better']);
const withByte = (batch: Buffer, at: number, change: (byte: number) => number) => {
  const changed = Buffer.from(batch);
  changed.writeUInt8(change(changed.readUInt8(at)) & 0xff, at);
  return changed;
};

test.each([1, 2, 3, 4])('a batch of compression %i is read', async (compression) => {
  const records = await read(await batchOf(3, ['a', 'b'], compression));
  expect(records.map(({ offset, value }) => [offset, String(value)])).toEqual([
    ['3', 'a'],
    ['4', 'b'],
  ]);
});

const last = (batch: Buffer) => batch.length - 1;
test.each([
  ['damaged in its records', (batch: Buffer) => withByte(batch, last(batch), (byte) => byte ^ 1)],
  ['damaged in its number of records', (batch: Buffer) => withByte(batch, 57, () => 0x7f)],
  ['of an unknown compression', (batch: Buffer) => withByte(batch, 22, () => 6)],
  ['of another compression than it says', (batch: Buffer) => withByte(batch, 22, () => 4)],
  ['of an unknown version', (batch: Buffer) => withByte(batch, 16, () => 3)],
])(
  'a batch that is %s becomes one record with its offsets, and the batches around it are read',
  async (_what, damage) => {
    const batch = damage(await batchOf(10, ['a', 'b', 'c'], 1));
    const records = await read(await good(8), batch, await good(13));
    expect(records.map(({ offset }) => offset)).toEqual(['8', '9', '12', '13', '14']);
    expect(records[2]).toMatchObject({ unreadable: { firstOffset: '10' }, key: null, value: null });
    expect(records.filter(({ unreadable }) => unreadable)).toHaveLength(1);
  },
);

test('a batch of more records than kafkajs can pass becomes one record', async () => {
  const many = await batchOf(0, Array(130_000).fill('x'));
  expect(await read(many, await good(130_000))).toMatchObject([
    { offset: '129999', unreadable: { firstOffset: '0', reason: 'Error: 130000 records, but at most 50000' } },
    {},
    {},
  ]);
});

const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${index}`, '']));

test.each([
  ['a record', 1, 101, 'Error: a record of 101 headers, but at most 100'],
  ['all its records', 2_001, 100, 'Error: more than 200000 headers'],
])(
  'a batch with more headers in %s than kafkajs can join in time becomes one record',
  async (_what, n, count, reason) => {
    const batch = await batchOf(0, Array(n).fill('x'), 4, headers(count));
    expect(await read(batch, await good(n))).toMatchObject([
      { offset: String(n - 1), unreadable: { firstOffset: '0', reason } },
      {},
      {},
    ]);
  },
);

test('batches with as many headers as allowed are read, even if several are decoded at once', async () => {
  const batch = await batchOf(0, Array(1_500).fill('x'), 4, headers(100));
  const [first, second] = await Promise.all([read(batch, batch), read(batch)]);
  expect([first.length, second.length]).toEqual([3_000, 1_500]);
  expect(Object.keys(first[0]?.headers ?? {})).toHaveLength(100);
});

test('the dead-letter message of a message with many headers can be read', async () => {
  const [record] = await read(await batchOf(0, ['not an event'], 0, headers(100)));
  const published: OutgoingMessage[] = [];
  const publisher = { publish: async (messages: readonly OutgoingMessage[]) => void published.push(...messages) };
  const message = toIncoming('orders.v1', 0, record as ReadRecord);
  await handleMessage(message, { group: 'notifications', handlers: [], publisher, log: silentLog });
  const copied = published[0]?.headers ?? {};
  expect(copied).toMatchObject({ 'dl-cause': 'not-a-cloudevent' });
  expect(await read(await batchOf(0, ['copy'], 0, copied))).not.toMatchObject([{ unreadable: {} }]);
});

test('a batch that a fetch has cut is left to the next fetch', async () => {
  const batch = await batchOf(10, ['a', 'b', 'c'], 4);
  expect(await read(await good(8), batch.subarray(0, batch.length - 5))).toHaveLength(2);
});
