/** The init container of a service's pod: applies the migrations of a folder to a database, as the role that owns it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createLog } from './lib/observability/log.ts';
import { openDatabase } from './lib/postgres/database.ts';
import { migrateWhenReady } from './lib/postgres/migrate.ts';
import { grantRows } from './lib/postgres/service-rights.ts';
import { ConfigError, readConfig } from './lib/runtime/read-config.ts';
import { databaseFiles, databaseFileVariables } from './lib/runtime/variables.ts';

const name = process.argv[2] ?? '';
const folder = join(import.meta.dirname, name, 'migrations');
if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(folder)) {
  console.error(`migrate needs the name of a folder services/<name>/ that has migrations; it got "${name}".`);
  process.exit(2);
}
const log = createLog(`${name}-migrate`, process.env.LOG_LEVEL || 'info');
try {
  const database = openDatabase(databaseFiles(readConfig(databaseFileVariables, process.env)), log, 1);
  await migrateWhenReady(database, folder, log);
  await grantRows(database);
  await database.close();
} catch (error) {
  if (error instanceof ConfigError) console.error(`migrate: ${error.message}`);
  else log.fatal({ err: error }, 'the database cannot be migrated');
  process.exit(1);
}
