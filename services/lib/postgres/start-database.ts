import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../observability/log.ts';
import { hasCode } from '../runtime/domain-error.ts';
import type { Lifecycle } from '../runtime/lifecycle.ts';
import { waitFor } from '../runtime/lifecycle.ts';
import type { DatabaseSource } from './access.ts';
import { type Database, openDatabase, waitUntilReady } from './database.ts';
import { compareSchema, type MigrationName } from './newer-schema.ts';

const pollIntervalMs = 500;

/**
 * Opens a service's database, waits until it has the release's migrations, and closes it when the service stops. The
 * service's role cannot apply them: services/migrate.ts does, with another role.
 *
 * @param migrations the folder of its migrations
 * @param poolSize connections at most. Default: `defaultPoolSize`
 */
export async function startDatabase(
  source: DatabaseSource,
  migrations: string,
  { log, lifecycle, poolSize }: { log: Log; lifecycle: Lifecycle; poolSize?: number },
): Promise<Database> {
  const database = openDatabase(source, log, poolSize);
  lifecycle.onShutdown('pool', () => database.close());
  await waitFor('Postgres', () => waitUntilMigrated(database, migrations, log));
  return database;
}

async function waitUntilMigrated(database: Database, folder: string, log: Log): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await waitUntilReady(database, log);
    const missing = await missingMigrations(database, folder, log);
    if (missing?.length === 0) return;
    const migrations = missing?.map(({ id, name }) => `${id} ${name}`);
    if (missing && attempt % 20 === 1)
      log.warn({ migrations }, 'the schema is older than this release; waiting for its migrations');
    await sleep(pollIntervalMs);
  }
}

/** @returns undefined if Postgres has become unavailable again */
async function missingMigrations(
  database: Database,
  folder: string,
  log: Log,
): Promise<readonly MigrationName[] | undefined> {
  try {
    return await compareSchema((sql) => database.query(sql), folder, log);
  } catch (error) {
    if (!hasCode(error, 'unavailable')) throw error;
    log.warn({ err: error }, 'the schema cannot be read; retrying');
    return undefined;
  }
}
