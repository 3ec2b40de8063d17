import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderEntries, packLayer } from './layer.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layer-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function pack(content: string, time = new Date()) {
  const file = join(folder, 'main.ts');
  await writeFile(file, content);
  await utimes(file, time, time);
  return packLayer(await folderEntries('/app', folder));
}

test('the same files give the same layer, whenever they were written', async () => {
  const first = await pack('content', new Date('2020-01-01'));
  const second = await pack('content', new Date('2026-01-01'));
  expect(second.digest).toBe(first.digest);
});

test('other content gives another layer, even with the same size and name', async () => {
  const first = await pack('content', new Date('2020-01-01'));
  const second = await pack('CONTENT', new Date('2026-01-01'));
  expect(second.digest).not.toBe(first.digest);
});

test('the order of the entries does not matter', async () => {
  const entries = ['/b', '/a', '/c/d'].map((path) => ({ kind: 'text' as const, path, text: path }));
  const [one, other] = [await packLayer(entries), await packLayer(entries.toReversed())];
  expect(other.digest).toBe(one.digest);
});
