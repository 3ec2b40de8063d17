// cspell:ignore indisvalid indexrelid
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../observability/log.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import { startPostgres, type TestPostgres } from '../testing/databases.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate, migrateWhenReady } from './migrate.ts';
import { startDatabase } from './start-database.ts';

let postgres: TestPostgres;
let url: string;
let database: Database;
let folder: string;
let count = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  url = await postgres.createDatabase(`migrated_${++count}`);
  database = openDatabase(url, silentLog);
  folder = mkdtempSync(join(tmpdir(), 'windlass-migrations-'));
  write('0001_notes.sql', 'CREATE TABLE notes (id integer PRIMARY KEY)');
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const write = (file: string, sql: string) => writeFileSync(join(folder, file), sql);
const remove = (file: string) => rmSync(join(folder, file));
const applied = async () =>
  (await database.query<{ name: string }>('SELECT name FROM migrations WHERE id > 0 ORDER BY id')).rows.map(
    ({ name }) => name,
  );

test('a migration may take longer than any statement of the pool', async () => {
  const impatient = openDatabase(`${url}?statement_timeout=200&query_timeout=300`, silentLog);
  write('0002_slow.sql', 'CREATE TABLE slow (a text); SELECT pg_sleep(0.8)');
  try {
    await expect(impatient.query('SELECT pg_sleep(0.8)')).rejects.toThrow();
    await migrate(impatient, folder);
  } finally {
    await impatient.close();
  }
  expect(await applied()).toEqual(['notes', 'slow']);
});

test('a role or database with time limits of its own does not limit a migration', async () => {
  await database.query(`ALTER DATABASE migrated_${count} SET statement_timeout = '200ms'`);
  write('0002_slow.sql', 'SELECT pg_sleep(0.5)');
  const other = openDatabase(url, silentLog);
  await migrate(other, folder).finally(() => other.close());
  expect(await applied()).toEqual(['notes', 'slow']);
});

test('a migration gives up soon on a lock that is held, and is repeated until it gets the lock', async () => {
  await migrate(database, folder);
  write('0002_column.sql', 'ALTER TABLE notes ADD COLUMN body text');
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line).msg as string) });
  const locked = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const holder = database.transaction(async (tx) => {
    // On a busy machine an attempt may take longer than a transaction may be idle.
    await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await tx.query('LOCK TABLE notes IN ACCESS SHARE MODE');
    locked.resolve();
    await released;
  });
  await locked.promise;
  const migrated = migrateWhenReady(database, folder, log);
  await expect
    .poll(() => lines.join(), { timeout: 30_000 })
    .toContain('did not get a lock')
    .finally(release);
  await holder;
  await migrated;
  expect(await applied()).toEqual(['notes', 'column']);
  expect(lines.filter((line) => line.startsWith('migration '))).toEqual([
    'migration started',
    'migration started',
    'migration finished',
  ]);
});

test('a lock that a migration does not get makes it unavailable, and leaves nothing of it', async () => {
  await migrate(database, folder);
  write('0002_column.sql', 'CREATE TABLE half (a text); ALTER TABLE notes ADD COLUMN body text');
  await database.transaction(async (tx) => {
    await tx.query('LOCK TABLE notes IN ACCESS SHARE MODE');
    await expect(migrate(database, folder)).rejects.toMatchObject({ code: 'unavailable' });
  });
  const { rows } = await database.query("SELECT to_regclass('half') AS half");
  expect(rows).toEqual([{ half: null }]);
});

test('an index is built without a transaction, and once more if an earlier build was interrupted', async () => {
  await migrate(database, folder);
  await database.query('INSERT INTO notes VALUES (1), (2)');
  const build = (unique: string) => `-- postgres-migrations disable-transaction
    CREATE ${unique} INDEX CONCURRENTLY IF NOT EXISTS notes_by_half ON notes ((id / 2))`;
  // A build that fails leaves the same as one that was interrupted: an invalid index.
  await database.query('INSERT INTO notes VALUES (3)');
  write('0002_index.sql', build('UNIQUE'));
  await expect(migrate(database, folder)).rejects.toThrow('index');
  write('0002_index.sql', build(''));
  await migrate(database, folder);
  const { rows } = await database.query(
    "SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'notes_by_half'::regclass",
  );
  expect(rows).toEqual([{ valid: true }]);
});

test('a slow migration of several processes runs once', async () => {
  write('0002_slow.sql', 'SELECT pg_sleep(0.5); INSERT INTO notes VALUES (1)');
  await Promise.all([1, 2, 3].map(() => migrate(database, folder)));
  expect((await database.query('SELECT id FROM notes')).rows).toEqual([{ id: 1 }]);
});

test('an older release starts on a schema to which a newer one has only added, and says so', async () => {
  write('0002_column.sql', 'ALTER TABLE notes ADD COLUMN body text');
  await migrate(database, folder);
  remove('0002_column.sql');
  const lines: { migrations?: string[] }[] = [];
  await migrate(database, folder, pino({}, { write: (line) => void lines.push(JSON.parse(line)) }));
  expect(lines).toMatchObject([{ migrations: ['column'] }]);
});

test('a release is rejected by a schema without what it uses, and the error names both and the way out', async () => {
  write('0002_body.sql', 'ALTER TABLE notes ADD COLUMN body text');
  write('0003_contract_after_0002_drop_id.sql', 'ALTER TABLE notes DROP COLUMN id');
  await migrate(database, folder);
  remove('0003_contract_after_0002_drop_id.sql');
  await migrate(database, folder);
  remove('0002_body.sql');
  const lifecycle = new Lifecycle(silentLog);
  await expect(startDatabase(url, folder, { log: silentLog, lifecycle })).rejects.toThrow(
    /up to 0003, this release knows them up to 0001, and 0003_contract_after_0002_drop_id needs .* knows 0002\. Deploy/,
  );
  await lifecycle.shutdown();
});

test.each(['contract_drop_id', 'contract', 'contract_after_later'])(
  'a contract without a number, %s, rejects every release that does not know it',
  async (name) => {
    write(`0002_${name}.sql`, 'ALTER TABLE notes DROP COLUMN id');
    await migrate(database, folder);
    await migrate(database, folder);
    remove(`0002_${name}.sql`);
    await expect(migrate(database, folder)).rejects.toMatchObject({ name: 'NewerSchemaError' });
  },
);

test('a service waits for the migrations of its release, says which are missing, and applies none', async () => {
  await migrate(database, folder);
  write('0002_column.sql', 'ALTER TABLE notes ADD COLUMN body text');
  const lines: { msg: string; migrations?: string[] }[] = [];
  const lifecycle = new Lifecycle(silentLog);
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line)) });
  const started = startDatabase(url, folder, { log, lifecycle });
  await expect.poll(() => lines).toMatchObject([{ migrations: ['2 column'] }]);
  expect(await applied()).toEqual(['notes']);
  await migrate(database, folder);
  await started;
  await lifecycle.shutdown();
});

test('a service waits for a database that nothing has migrated yet', async () => {
  const lines: { migrations?: string[] }[] = [];
  const lifecycle = new Lifecycle(silentLog);
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line)) });
  const started = startDatabase(url, folder, { log, lifecycle });
  await expect.poll(() => lines).toMatchObject([{ migrations: ['0 create-migrations-table', '1 notes'] }]);
  await migrate(database, folder);
  await started;
  await lifecycle.shutdown();
});
