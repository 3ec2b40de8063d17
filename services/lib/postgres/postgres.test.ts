import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../observability/log.ts';
import { startPostgres, type TestPostgres } from '../testing/databases.ts';
import { type Database, openDatabase } from './database.ts';
import { claimKey, idempotencyMigration, once } from './idempotency.ts';
import { migrate } from './migrate.ts';

const migrations = ['CREATE TABLE effects (name text)', idempotencyMigration];
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

test('replicas that migrate side by side apply each migration once, and later ones on top', async () => {
  await Promise.all([1, 2, 3].map(() => migrate(database, migrations.slice(0, 1))));
  await Promise.all([1, 2, 3].map(() => migrate(database, migrations)));
  const { rows } = await database.query('SELECT version FROM schema_migrations ORDER BY version');
  expect(rows).toEqual([{ version: 1 }, { version: 2 }]);
});

test('a transaction that throws leaves nothing, and its connection stays usable', async () => {
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

test('calls with one key, side by side, have one effect and one response', async () => {
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

test('a key with another request is refused, the same key of another operation is not', async () => {
  await claimKey(database, { operation: 'capture', key: 'k-2', request: 1 });
  await expect(claimKey(database, { operation: 'capture', key: 'k-2', request: 2 })).rejects.toMatchObject({
    code: 'key-reused',
  });
  expect(await claimKey(database, { operation: 'reverse', key: 'k-2', request: 2 })).toBeUndefined();
  await expect(claimKey(database, { operation: 'capture', key: '', request: 1 })).rejects.toMatchObject({
    code: 'invalid',
  });
});
