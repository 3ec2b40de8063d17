import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topology } from '../../cdk8s/topology.ts';
import { root } from '../../cluster/paths.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { type Database, openDatabase } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { libSchema, startPostgres, type TestPostgres } from '../../services/lib/testing/databases.ts';

const databases = [...new Set(Object.values(topology.services).map(({ database }) => database))];
const folderOf = (name: string): string => join(root, 'services', name, 'migrations');

let postgres: TestPostgres;
const open: Database[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  await Promise.all(open.map((database) => database.close()));
  await postgres.stop();
});

async function create(name: string): Promise<Database> {
  const database = openDatabase(await postgres.createDatabase(name), silentLog);
  open.push(database);
  return database;
}

/** Columns, indexes and constraints of all tables except those that record migrations. */
async function schemaOf(database: Database): Promise<unknown> {
  const ours = "NOT IN ('migrations', 'schema_migrations')";
  const columns = await database.query(
    `SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity, generation_expression
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name ${ours} ORDER BY 1, 2`,
  );
  const indexes = await database.query(
    `SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename ${ours} ORDER BY 1, 2`,
  );
  const constraints = await database.query(
    `SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS constraint
     FROM pg_constraint WHERE conrelid::regclass::text ${ours} AND conrelid <> 0 ORDER BY 1, 2`,
  );
  return { columns: columns.rows, indexes: indexes.rows, constraints: constraints.rows };
}

async function countRows(database: Database): Promise<Record<string, number>> {
  const tables = await database.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations' ORDER BY 1",
  );
  const counts = tables.rows.map(async ({ name }): Promise<[string, number]> => {
    const { rows } = await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${name}`);
    return [name, rows[0]?.count ?? 0];
  });
  return Object.fromEntries(await Promise.all(counts));
}

describe.each(databases)('the database of %s', (name) => {
  test('as commit 3665490 created it migrates to the schema of a new one and keeps all its rows', async () => {
    const former = await create(`${name}_former`);
    await former.query(readFileSync(join(import.meta.dirname, `databases-of-3665490/${name}.sql`), 'utf8'));
    const before = await countRows(former);
    await Promise.all([1, 2].map(() => migrate(former, folderOf(name))));

    const fresh = await create(`${name}_fresh`);
    await migrate(fresh, folderOf(name));
    expect(await schemaOf(former)).toEqual(await schemaOf(fresh));
    // Later migrations also create tables, which are empty.
    expect(await countRows(former)).toMatchObject(before);
    expect(Object.values(before).every((count) => count > 0)).toBe(true);
    const applied = 'SELECT id, name, hash FROM migrations ORDER BY id';
    expect((await former.query(applied)).rows).toEqual((await fresh.query(applied)).rows);
  });
});

test('a table that services/lib uses has the same columns in every service that has it', async () => {
  const lib = await create('lib');
  await migrate(lib, libSchema);
  const columnsOf = async (database: Database, table: string) => {
    const { rows } = await database.query(
      `SELECT column_name, data_type, is_nullable, column_default, generation_expression
       FROM information_schema.columns WHERE table_name = $1 ORDER BY 1`,
      [table],
    );
    return rows;
  };
  for (const name of databases) {
    const own = open[databases.indexOf(name) * 2 + 1] as Database;
    for (const table of ['inbox', 'outbox', 'idempotency_keys']) {
      const columns = await columnsOf(own, table);
      // In orders, idempotency keys belong to customers, and its API has its own table for them.
      if (columns.length === 0 || (name === 'orders' && table === 'idempotency_keys')) continue;
      expect(columns, `${table} of ${name}`).toEqual(await columnsOf(lib, table));
    }
  }
});
