import { gzipSync, zstdCompressSync } from 'node:zlib';
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils';
import { expect, test } from 'vitest';
import { codecs, maxBatchBytes } from './codecs.ts';

const text = Buffer.from('one order, two orders; '.repeat(10_000));
const bomb = Buffer.alloc(maxBatchBytes + 2 ** 16);

const chunk = (bytes: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const xerial = (parts: readonly Buffer[]) =>
  Buffer.concat([
    Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]),
    ...parts.map((part) => chunk(snappyCompress(part))),
  ]);
const halves = (bytes: Buffer) => [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)];

const kinds = [
  ['gzip', 1, gzipSync],
  ['snappy', 2, snappyCompress],
  ['snappy in chunks, as Java writes it', 2, (bytes: Buffer) => xerial(halves(bytes))],
  ['lz4', 3, lz4Compress],
  ['zstd', 4, zstdCompressSync],
] as const;

test.each(kinds)('%s is decompressed', async (_name, number, compress) => {
  expect(await codecs[number]?.decompress(compress(text))).toEqual(text);
  expect(await codecs[number]?.decompress((await codecs[number]?.compress({ buffer: text })) ?? text)).toEqual(text);
});

test.each(kinds)('%s that would be larger than 16 MiB is rejected', async (_name, number, compress) => {
  const before = process.memoryUsage().rss;
  await expect(codecs[number]?.decompress(compress(bomb))).rejects.toThrow();
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
});

test.each(kinds)(
  '%s that is damaged or cut is rejected, and the next one is decompressed',
  async (_n, number, compress) => {
    const good = compress(text);
    const damaged = [
      good.subarray(0, good.length - 9),
      good.subarray(0, 9),
      Buffer.alloc(0),
      Buffer.from('no codec at all'),
    ];
    for (const bytes of damaged) await expect(codecs[number]?.decompress(bytes)).rejects.toThrow();
    expect(await codecs[number]?.decompress(good)).toEqual(text);
  },
);

test.each([5, 6, 7])('a batch of the unknown compression %i is rejected', async (number) => {
  await expect(codecs[number]?.decompress(text)).rejects.toThrow(`compression ${number} is unknown`);
});
