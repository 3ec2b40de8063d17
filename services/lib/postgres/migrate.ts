import { loadMigrationFiles, migrate as migrateClient } from 'postgres-migrations';
import type { Database, SessionClient } from './database.ts';

/**
 * Migrates a database to the newest schema. Processes that start concurrently wait for each other, so each migration
 * runs once, in its own transaction. Migrations that a newer release has applied stay.
 *
 * @param folder has files `0001_name.sql`, `0002_name.sql` … A file that was applied must not change any more
 * @throws Error that names the file if its content is not what was applied
 */
export async function migrate(database: Database, folder: string): Promise<void> {
  await database.session(async (client) => {
    await adoptVersions(client, folder);
    await migrateClient({ client }, folder).catch((error: Error) => {
      // The cause is the database's own error, by which the caller distinguishes an outage from a wrong migration.
      throw error.cause ?? error;
    });
  });
}

/** An arbitrary number: the advisory lock by which releases before 2026-11-26 migrate. */
const formerLock = 7_219_001;

/**
 * Adopts a database of a release before 2026-11-26, which counted migrations in `schema_migrations` by the numbers of
 * their files. Those migrations are recorded as applied. The old table stays, because a pod of an old release may still
 * start.
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
        // The first migration is the library's own and creates its table.
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

/**
 * True if only an old release has migrated this database. It reads the rows of the catalog, because to_regclass would
 * not see a table that another process has created since this transaction began.
 */
async function isFormer(client: SessionClient): Promise<boolean> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE tablename IN ('schema_migrations', 'migrations')",
  );
  return rows.length === 1 && rows[0]?.name === 'schema_migrations';
}
