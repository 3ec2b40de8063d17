import { setTimeout as sleep } from 'node:timers/promises';
import { loadMigrationFiles, migrate as migrateClient } from 'postgres-migrations';
import { type Log, silentLog } from '../observability/log.ts';
import { hasCode } from '../runtime/domain-error.ts';
import { type Database, type SessionClient, waitUntilReady } from './database.ts';
import { prepareForMigration } from './migration-client.ts';
import { compareSchema } from './newer-schema.ts';

/** Between two attempts the statements that waited behind the migration's lock get through. */
const retryIntervalMs = 1_000;
/** A migration that takes longer is logged as running, again and again. */
const stillRunningIntervalMs = 10_000;

/**
 * Migrates a database to the newest schema. Processes that start concurrently wait for each other, so each migration
 * runs once, in its own transaction, on a connection without the pool's time limits. Migrations that a newer release
 * has applied stay.
 *
 * @param folder has files `0001_name.sql`, `0002_name.sql` … A file that was applied must not change any more.
 *   `0012_contract_after_0011_name.sql` removes what only releases that do not know 0011 use
 * @param log gets each migration's start, end, and progress. Default: none
 * @throws DomainError `unavailable` if Postgres cannot be used, or a lock was not free in time. The caller repeats it
 * @throws NewerSchemaError if this release cannot run on what a newer one has applied
 * @throws Error that names the file if its content is not what was applied
 */
export async function migrate(database: Database, folder: string, log: Log = silentLog): Promise<void> {
  await database.session(async (session) => {
    const client = await prepareForMigration(session);
    await adoptVersions(session, folder);
    await compareSchema((sql) => client.query(sql), folder, log);
    const progress = logProgress(log);
    try {
      // The library's type asks for a whole client, but it calls `query` only.
      await migrateClient({ client: client as unknown as SessionClient }, folder, { logger: progress.onLine });
    } catch (error) {
      // The library's error names the file. The database's own, by which the caller recognizes an outage, is its cause.
      const { cause = error } = error as Error;
      throw new Error((cause as Error).message, { cause: client.error });
    } finally {
      progress.end();
    }
  });
}

/**
 * Waits for Postgres, then migrates. Postgres may become unavailable again before the migration, so this retries.
 * Migrating twice changes nothing.
 */
export async function migrateWhenReady(database: Database, folder: string, log: Log): Promise<void> {
  for (;;) {
    await waitUntilReady(database, log);
    try {
      return await migrate(database, folder, log);
    } catch (error) {
      if (!hasCode(error, 'unavailable') && !hasCode(error, 'outcome-unknown')) throw error;
      log.warn({ err: error }, 'the migration did not get a lock, or Postgres became unavailable; retrying');
      await sleep(retryIntervalMs);
    }
  }
}

/** Logs what the library says of each migration: `Starting migration: 12 notes`, `Finished migration: 12 notes`. */
function logProgress(log: Log): { onLine(line: string): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    onLine(line) {
      const [, change, migration] = line.match(/^(Starting|Finished) migration: (.*)$/) ?? [];
      if (!change) return;
      clearInterval(timer);
      log.info({ migration }, change === 'Starting' ? 'migration started' : 'migration finished');
      if (change === 'Starting')
        timer = setInterval(() => log.info({ migration }, 'migration is still running'), stillRunningIntervalMs);
    },
    end: () => clearInterval(timer),
  };
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
