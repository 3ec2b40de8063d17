import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../observability/log.ts';
import { hasCode } from '../runtime/domain-error.ts';
import type { Lifecycle } from '../runtime/lifecycle.ts';
import { waitFor } from '../runtime/lifecycle.ts';
import { type Database, openDatabase, waitUntilReady } from './database.ts';
import { migrate } from './migrate.ts';

/** Between two attempts the statements that waited behind the migration's lock get through. */
const retryIntervalMs = 1_000;

/**
 * Opens and migrates a service's database, and closes it when the service stops.
 *
 * @param migrations the folder of its migrations
 * @param poolSize connections at most. Default: `defaultPoolSize`
 */
export async function startDatabase(
  url: string,
  migrations: string,
  { log, lifecycle, poolSize }: { log: Log; lifecycle: Lifecycle; poolSize?: number },
): Promise<Database> {
  const database = openDatabase(url, log, poolSize);
  lifecycle.onShutdown('pool', () => database.close());
  await waitFor('Postgres', () => migrateWhenReady(database, migrations, log));
  return database;
}

/** Postgres may become unavailable again before the migration, so this retries. Migrating twice changes nothing. */
async function migrateWhenReady(database: Database, migrations: string, log: Log): Promise<void> {
  for (;;) {
    await waitUntilReady(database, log);
    try {
      return await migrate(database, migrations, log);
    } catch (error) {
      if (!hasCode(error, 'unavailable') && !hasCode(error, 'outcome-unknown')) throw error;
      log.warn({ err: error }, 'the migration did not get a lock, or Postgres became unavailable; retrying');
      await sleep(retryIntervalMs);
    }
  }
}
