/**
 * Passes batches that cannot be read. kafkajs stops its consumer at one of them, so that a group would restart forever:
 * the batch stays in its topic for days. The decoder gives one record in its place, which is dead-lettered.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { crc32c } from '@platformatic/wasm-utils';
import type { KafkaMessage } from 'kafkajs';
import { describeError } from '../observability/serialize-error.ts';
import { type Codec, codecs } from './codecs.ts';
import type { UnreadableBatch } from './message.ts';

/** The part of kafkajs' decoders that is used here. */
interface FetchDecoder {
  readonly buffer: Buffer;
  offset: number;
}
interface RecordDecoder {
  offset: number;
  readVarInt(): number;
  readVarIntArray(read: unknown): unknown[];
}
type DecodeBatch = (decoder: FetchDecoder) => Promise<object>;

export type ReadRecord = KafkaMessage & { readonly unreadable?: UnreadableBatch };

// The offsets of the fields of a batch (https://kafka.apache.org/documentation/#recordbatch).
const lengthAt = 8;
const magicAt = 16;
const crcAt = 17;
const attributesAt = 21;
const lastOffsetDeltaAt = 23;
const countAt = 57;
const headerBytes = 61;
const magic = 2;
/** kafkajs passes the records of a batch as arguments of one call, of which V8 allows about 120,000. */
const maxRecords = 50_000;
/**
 * kafkajs joins the headers of a record in quadratic time, and the process does nothing else meanwhile. More than a
 * dead-letter message has.
 */
const maxHeadersOfRecord = 100;
/** An empty header has two bytes in a batch, and a hundred in memory. */
const maxHeadersOfBatch = 200_000;

const require = createRequire(import.meta.url);
// Node.js does not find this export of kafkajs by name.
const { CompressionCodecs } = require('kafkajs') as { CompressionCodecs: Record<number, () => Codec> };
for (const [number, codec] of Object.entries(codecs)) CompressionCodecs[Number(number)] = () => codec;

// kafkajs loads its decoders when a connection fetches for the first time, which is after this import.
const path = require.resolve('kafkajs/src/protocol/recordBatch/v0/decoder');
const decode = require(path) as DecodeBatch;
const decoderModule = require.cache[path];
if (decoderModule) decoderModule.exports = decodeOrReplace;

const { prototype } = require('kafkajs/src/protocol/decoder') as { prototype: RecordDecoder };
const { readVarIntArray } = prototype;
/** The headers of the batch that is being decoded, so far. */
const headersOfBatch = new AsyncLocalStorage<{ count: number }>();

/** Only headers are such an array. */
prototype.readVarIntArray = function (this: RecordDecoder, read: unknown): unknown[] {
  const { offset } = this;
  const count = this.readVarInt();
  this.offset = offset;
  if (count > maxHeadersOfRecord) throw new Error(`a record of ${count} headers, but at most ${maxHeadersOfRecord}`);
  const inBatch = headersOfBatch.getStore();
  if (inBatch) inBatch.count += count;
  if (inBatch && inBatch.count > maxHeadersOfBatch) throw new Error(`more than ${maxHeadersOfBatch} headers`);
  return readVarIntArray.call(this, read);
};

async function decodeOrReplace(decoder: FetchDecoder): Promise<object> {
  const received = decoder.buffer.subarray(decoder.offset);
  const bytes = lengthAt + 4 + received.readInt32BE(lengthAt);
  // The end of a fetch may be a part of a batch, which kafkajs notices and fetches again.
  if (received.length < headerBytes || received.length < bytes) return decode(decoder);
  const batch = received.subarray(0, bytes);
  const end = decoder.offset + bytes;
  try {
    check(batch);
    return await headersOfBatch.run({ count: 0 }, () => decode(decoder));
  } catch (error) {
    decoder.offset = end;
    return { records: [replace(batch, error)] };
  }
}

/** kafkajs does not compare checksums: the records of a damaged batch could be any. */
function check(batch: Buffer): void {
  const version = batch.readInt8(magicAt);
  if (version !== magic) throw new Error(`batches of version ${version} are not supported`);
  if (crc32c(batch.subarray(attributesAt)) !== batch.readUInt32BE(crcAt)) throw new Error('the checksum differs');
  const count = batch.readInt32BE(countAt);
  if (count > maxRecords) throw new Error(`${count} records, but at most ${maxRecords}`);
}

/** The record has the last offset of its batch, after which the consumer continues. */
function replace(batch: Buffer, error: unknown): ReadRecord & { batchContext: object; isControlRecord: boolean } {
  const firstOffset = batch.readBigInt64BE(0);
  const lastOffset = firstOffset + BigInt(Math.max(0, batch.readInt32BE(lastOffsetDeltaAt)));
  return {
    unreadable: { firstOffset: String(firstOffset), reason: describeError(error) },
    offset: String(lastOffset),
    key: null,
    value: null,
    headers: {},
    timestamp: '0',
    attributes: 0,
    batchContext: { inTransaction: false, producerId: '-1' },
    isControlRecord: false,
  };
}
