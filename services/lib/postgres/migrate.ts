import { loadMigrationFiles, migrate as migrateClient } from 'postgres-migrations';
import type { Database, SessionClient } from './database.ts';

/**
 * Brings a database to the newest schema. Processes that start side by side wait for each other, so each migration runs once;
 * it runs in a transaction of its own. Migrations that a newer release has applied stay.
 *
 * @param folder with files `0001_name.sql`, `0002_name.sql` … A file that was applied must not change any more
 * @throws Error that names the file if its content is not what was applied
 */
export async function migrate(database: Database, folder: string): Promise<void> {
  await database.session(async (client) => {
    await adoptVersions(client, folder);
    await migrateClient({ client }, folder).catch((error: Error) => {
      // What the database says is the cause; the caller tells an outage from a mistake by it.
      throw error.cause ?? error;
    });
  });
}

/** Our own number: an advisory lock that releases before 2026-11-26 took for their migrations. */
const formerLock = 7_219_001;

/**
 * Until 2026-11-26 databases counted their migrations in `schema_migrations`, in the order in which the files are numbered.
 * Those migrations are recorded as applied. The former table stays: a pod of an old release may still start beside this one.
 */
async function adoptVersions(client: SessionClient, folder: string): Promise<void> {
  if (!(await isFormer(client))) return;
  const files = await loadMigrationFiles(folder);
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${formerLock})`);
    if (await isFormer(client)) {
      const { rows } = await client.query<{ version: number }>('SELECT max(version) AS version FROM schema_migrations');
      for (const { id, name, hash, sql } of files.filter(({ id }) => id <= (rows[0]?.version ?? 0))) {
        // The library's own first migration makes its table.
        if (id === 0) await client.query(sql);
        await client.query('INSERT INTO migrations (id, name, hash) VALUES ($1, $2, $3)', [id, name, hash]);
      }
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** By the rows of the catalog: to_regclass would not see a table that another process has made since this transaction began. */
async function isFormer(client: SessionClient): Promise<boolean> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE tablename IN ('schema_migrations', 'migrations')",
  );
  return rows.length === 1 && rows[0]?.name === 'schema_migrations';
}
