import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { cached, cacheFolder, keyOf } from './cache.ts';

const name = `test-${process.pid}`;
afterEach(() => rm(join(cacheFolder, name), { recursive: true, force: true }));

test('a folder that was filled once is found again', async () => {
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

test('a build that fails halfway, as on a full disk, leaves nothing behind', async () => {
  const fill = async (folder: string) => {
    await writeFile(join(folder, 'tool'), 'half');
    throw new Error('no space left on device');
  };
  await expect(cached(name, fill)).rejects.toThrow('no space left on device');
  expect(existsSync(join(cacheFolder, name))).toBe(false);
  expect((await readdir(cacheFolder)).filter((entry) => entry.startsWith(name))).toEqual([]);
});

test('the next process removes what a killed one left unfinished', async () => {
  const abandoned = join(cacheFolder, `${name}.00000000.999999999.partial`);
  await writeFile(abandoned, '');
  await cached(name, async () => {});
  expect(existsSync(abandoned)).toBe(false);
});

test('a key depends on every part and on the boundaries between them', () => {
  expect(keyOf('ab', 'c')).not.toBe(keyOf('a', 'bc'));
  expect(keyOf('a', 'b')).toBe(keyOf('a', 'b'));
});
