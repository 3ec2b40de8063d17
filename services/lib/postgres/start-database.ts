import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Log } from '../log/log.ts';
import { type Database, openDatabase, waitUntilReady } from './database.ts';
import { migrate } from './migrate.ts';

/** A service's database: ready, migrated, and closed when the service stops. */
export async function startDatabase(
  url: string,
  migrations: readonly string[],
  { log, lifecycle }: { log: Log; lifecycle: Lifecycle },
): Promise<Database> {
  const database = openDatabase(url, log);
  lifecycle.onShutdown('pool', () => database.close());
  await waitUntilReady(database, log);
  await migrate(database, migrations);
  return database;
}
