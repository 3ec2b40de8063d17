import { promisify } from 'node:util';
import { gzip, unzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { lz4Compress, lz4Decompress, snappyCompress, snappyDecompress } from '@platformatic/wasm-utils';

/** A compression of record batches, as kafkajs has it. */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  /** @throws Error if the bytes are not of this compression, or if they are larger than `maxBatchBytes` */
  decompress(compressed: Buffer): Promise<Buffer>;
}

/**
 * The most bytes of a decompressed batch. Brokers limit the compressed size only, to 1 MiB by default, of which zstd
 * can make gigabytes. Several partitions are decompressed at once in a container of 256 MiB.
 */
export const maxBatchBytes = 16 * 1024 * 1024;

const bounded = { maxOutputLength: maxBatchBytes };

/** Codecs by their number in the attributes of a batch. kafkajs has only gzip, without a limit. */
export const codecs: Readonly<Record<number, Codec>> = {
  1: {
    compress: ({ buffer }) => promisify(gzip)(buffer),
    decompress: (compressed) => promisify(unzip)(compressed, bounded),
  },
  2: {
    compress: async ({ buffer }) => snappyCompress(buffer),
    decompress: async (compressed) => decompressSnappy(compressed),
  },
  3: {
    compress: async ({ buffer }) => lz4Compress(buffer),
    decompress: async (compressed) => decompressLz4(compressed),
  },
  4: {
    compress: ({ buffer }) => promisify(zstdCompress)(buffer),
    decompress: (compressed) => promisify(zstdDecompress)(compressed, bounded),
  },
  // kafkajs would take a number that Kafka has not assigned for a batch without compression.
  ...Object.fromEntries([5, 6, 7].map((number) => [number, unknownCodec(number)])),
};

function unknownCodec(number: number): Codec {
  const fail = () => Promise.reject(new Error(`compression ${number} is unknown`));
  return { compress: fail, decompress: fail };
}

function checkSize(bytes: number): void {
  if (bytes > maxBatchBytes) throw new Error(`${bytes} bytes or more, but at most ${maxBatchBytes}`);
}

/** Java clients write the chunks of the library xerial: this mark, two versions, then the length of each and itself. */
const xerialMark = Buffer.from('\x82SNAPPY\0', 'latin1');
const xerialHeaderBytes = 16;

function decompressSnappy(compressed: Buffer): Buffer {
  if (!compressed.subarray(0, xerialMark.length).equals(xerialMark)) return decompressSnappyBlock(compressed, 0);
  if (compressed.length <= xerialHeaderBytes) throw new Error('the snappy header is cut');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (let offset = xerialHeaderBytes; offset < compressed.length; ) {
    const end = offset + 4 + compressed.readInt32BE(offset);
    if (end <= offset + 4 || end > compressed.length) throw new Error('a snappy chunk is longer than its batch');
    const chunk = decompressSnappyBlock(compressed.subarray(offset + 4, end), bytes);
    chunks.push(chunk);
    bytes += chunk.length;
    offset = end;
  }
  return Buffer.concat(chunks);
}

/** A block begins with its decompressed length, in groups of 7 bits. */
function decompressSnappyBlock(block: Buffer, bytesBefore: number): Buffer {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const group = block.readUInt8(index);
    length += (group & 0x7f) * 2 ** (7 * index);
    if (group < 0x80) break;
  }
  checkSize(bytesBefore + length);
  return snappyDecompress(block);
}

/** The largest decompressed block, by its number in the header of a frame. */
const lz4BlockBytes: Readonly<Record<number, number>> = { 4: 2 ** 16, 5: 2 ** 18, 6: 2 ** 20, 7: 2 ** 22 };
const lz4Mark = 0x184d2204;
/** The best that LZ4 can do: one byte for 255. */
const lz4MaxRatio = 255;

/** Adds up the most that the blocks can become, because a frame need not state its size. */
function decompressLz4(compressed: Buffer): Buffer {
  if (compressed.readUInt32LE(0) !== lz4Mark) throw new Error('not an LZ4 frame');
  const flags = compressed.readUInt8(4);
  const hasBlockChecksums = (flags & 0x10) !== 0;
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  const maxBlockBytes = lz4BlockBytes[(compressed.readUInt8(5) >> 4) & 7];
  if (maxBlockBytes === undefined) throw new Error('the LZ4 frame has blocks of no known size');
  let bytes = 0;
  for (let offset = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0); ; ) {
    const length = compressed.readUInt32LE(offset) & 0x7fffffff;
    if (length === 0) break;
    bytes += Math.min(maxBlockBytes, length * lz4MaxRatio);
    checkSize(bytes);
    offset += 4 + length + (hasBlockChecksums ? 4 : 0);
  }
  return lz4Decompress(compressed);
}
