import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
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
async function batchOf(firstOffset: number, values: readonly string[], compression = 0): Promise<Buffer> {
  const records = values.map((value, offsetDelta) => encodeRecord({ offsetDelta, key: 'o-1', value, headers: {} }));
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

test('a batch that a fetch has cut is left to the next fetch', async () => {
  const batch = await batchOf(10, ['a', 'b', 'c'], 4);
  expect(await read(await good(8), batch.subarray(0, batch.length - 5))).toHaveLength(2);
});
