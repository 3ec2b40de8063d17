import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { cached, cacheFolder, keyOf } from './cache.ts';

const name = `test-${process.pid}`;
afterEach(() => rm(join(cacheFolder, name), { recursive: true, force: true }));

test('what was filled once is found again', async () => {
  let fills = 0;
  const fill = async (folder: string) => {
    fills++;
    await writeFile(join(folder, 'tool'), 'content');
  };
  await cached(name, fill);
  const folder = await cached(name, fill);
  expect(fills).toBe(1);
  expect(await readFile(join(folder, 'tool'), 'utf8')).toBe('content');
});

test('a build that fails half way, as on a full disk, leaves nothing behind', async () => {
  const fill = async (folder: string) => {
    await writeFile(join(folder, 'tool'), 'half');
    throw new Error('no space left on device');
  };
  await expect(cached(name, fill)).rejects.toThrow('no space left on device');
  expect(existsSync(join(cacheFolder, name))).toBe(false);
  expect((await readdir(cacheFolder)).filter((entry) => entry.startsWith(name))).toEqual([]);
});

test('what a killed process left half done is removed by the next one', async () => {
  const abandoned = join(cacheFolder, `${name}.00000000.999999999.partial`);
  await writeFile(abandoned, '');
  await cached(name, async () => {});
  expect(existsSync(abandoned)).toBe(false);
});

test('a key changes with every part and with where one part ends', () => {
  expect(keyOf('ab', 'c')).not.toBe(keyOf('a', 'bc'));
  expect(keyOf('a', 'b')).toBe(keyOf('a', 'b'));
});
