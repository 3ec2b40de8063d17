import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../observability/log.ts';
import { libSchema, startPostgres, type TestPostgres } from '../testing/databases.ts';
import { type Database, openDatabase } from './database.ts';
import { claimKey, once } from './idempotency.ts';
import { migrate } from './migrate.ts';

let postgres: TestPostgres;
let database: Database;

beforeAll(async () => {
  postgres = await startPostgres();
  database = openDatabase(postgres.url, silentLog);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

async function countEffects(name: string): Promise<number> {
  const { rows } = await database.query('SELECT name FROM effects WHERE name = $1', [name]);
  return rows.length;
}

describe('migrations', () => {
  const folder = mkdtempSync(join(tmpdir(), 'windlass-migrations-'));
  const write = (file: string, sql: string) => writeFileSync(join(folder, file), sql);
  const applied = async () =>
    (await database.query<{ name: string }>('SELECT name FROM migrations WHERE id > 0 ORDER BY id')).rows.map(
      ({ name }) => name,
    );
  write('0001_effects.sql', 'CREATE TABLE effects (name text)');
  afterAll(() => rmSync(folder, { recursive: true }));

  test('run once when replicas start concurrently, and later ones run on top', async () => {
    await Promise.all([1, 2, 3].map(() => migrate(database, folder)));
    copyFileSync(join(libSchema, '0005_idempotency_keys.sql'), join(folder, '0002_idempotency_keys.sql'));
    await Promise.all([1, 2, 3].map(() => migrate(database, folder)));
    expect(await applied()).toEqual(['effects', 'idempotency_keys']);
  });

  test('that fail leave no changes, and the error names the migration', async () => {
    write('0003_broken.sql', 'CREATE TABLE half (a text); SELECT nothing FROM nowhere');
    await expect(migrate(database, folder)).rejects.toThrow(/0003_broken\.sql|broken/);
    expect(await applied()).toEqual(['effects', 'idempotency_keys']);
    await expect(database.query('SELECT 1 FROM half')).rejects.toMatchObject({ cause: { code: '42P01' } });
    rmSync(join(folder, '0003_broken.sql'));
  });

  test('of a newer release stay when an older one starts', async () => {
    write('0003_newer.sql', 'CREATE TABLE newer (a text)');
    await migrate(database, folder);
    rmSync(join(folder, '0003_newer.sql'));
    await migrate(database, folder);
    expect(await applied()).toEqual(['effects', 'idempotency_keys', 'newer']);
    write('0003_newer.sql', 'CREATE TABLE newer (a text)');
  });

  test('that changed after they were applied cause an error that names the file', async () => {
    write('0001_effects.sql', 'CREATE TABLE effects (name text, at timestamptz)');
    await expect(migrate(database, folder)).rejects.toThrow('0001_effects.sql');
  });

  test('fail as unavailable if the database cannot be reached, so that a service waits for it', async () => {
    const nowhere = openDatabase('postgres://test@127.0.0.1:1/postgres', silentLog);
    await expect(migrate(nowhere, folder)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('a transaction that throws leaves no changes, and its connection stays usable', async () => {
  const failing = database.transaction(async (tx) => {
    await tx.query("INSERT INTO effects VALUES ('rolled back')");
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await countEffects('rolled back')).toBe(0);
});

test('a database that cannot be reached is unavailable: nothing has happened', async () => {
  const nowhere = openDatabase('postgres://test@127.0.0.1:1/postgres', silentLog);
  await expect(nowhere.query('SELECT 1')).rejects.toMatchObject({ code: 'unavailable' });
  await expect(nowhere.transaction(async () => 1)).rejects.toMatchObject({ code: 'unavailable' });
});

test('concurrent calls with the same key have one effect and one response', async () => {
  const call = { operation: 'reserve', key: 'k-1', request: { sku: 'mug' } };
  const reserve = () =>
    database.transaction((tx) =>
      once(tx, call, async () => {
        await tx.query("INSERT INTO effects VALUES ('reserved')");
        return { at: Math.random() };
      }),
    );
  const responses = await Promise.all([reserve(), reserve(), reserve()]);
  expect(new Set(responses.map(({ at }) => at)).size).toBe(1);
  expect(await countEffects('reserved')).toBe(1);
});

test('a key is rejected with another request, but not for another operation', async () => {
  await claimKey(database, { operation: 'capture', key: 'k-2', request: 1 });
  await expect(claimKey(database, { operation: 'capture', key: 'k-2', request: 2 })).rejects.toMatchObject({
    code: 'key-reused',
  });
  expect(await claimKey(database, { operation: 'reverse', key: 'k-2', request: 2 })).toBeUndefined();
  for (const key of ['', 'k\0', 'k\ud83d', '\udc00k']) {
    await expect(claimKey(database, { operation: 'capture', key, request: 1 })).rejects.toMatchObject({
      code: 'invalid',
    });
  }
});
