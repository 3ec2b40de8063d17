import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { UserError } from '../settings.ts';
import { databaseNames, majorVersion } from './back-up.ts';
import { type Backup, dumpFile, readBackup } from './folder.ts';
import { followUpOfFailure } from './follow-up.ts';
import type { DatabaseServer } from './server.ts';

export interface RestoreOptions {
  /** Also databases that have tables. What is in them is lost. */
  readonly replace: boolean;
  /** Runs work while no service writes into a database. */
  readonly withoutWriters: <T>(work: () => Promise<T>) => Promise<T>;
  /** The newest migration that this release has for a database; undefined if it has none. */
  readonly newestSchema?: (database: string) => Promise<number | undefined>;
}

const loading = (name: string): string => quote(`${name}.loading`);
const replaced = (name: string): string => quote(`${name}.replaced`);

/**
 * Restores every database of a backup. All of them are loaded beside those that exist, and take their places at once:
 * if anything fails before, nothing has changed.
 *
 * @returns the backup
 * @throws UserError with everything that speaks against it, before a service is stopped; or, if all databases are
 * restored and a later step fails, with what is left to do
 */
export async function restore(
  from: string,
  server: DatabaseServer,
  { replace, withoutWriters, newestSchema = newestMigration }: RestoreOptions,
  progress: Progress,
): Promise<Backup> {
  const backup = await readBackup(from);
  const names = backup.databases.map(({ name }) => name);
  const problems = [
    ...(await versionProblems(backup, server, newestSchema)),
    ...(await databaseProblems(names, server, replace)),
  ];
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  let isRestored = false;
  const work = async () => {
    try {
      for (const name of names) await progress.part(`load of ${name}`, () => load(from, name, server));
      await server.query(names.map(takePlace).join('\n'), { isTransaction: true });
    } catch (error) {
      await drop(names.map(loading), server).catch(() => undefined);
      throw error;
    }
    isRestored = true;
    await drop(names.map(replaced), server);
  };
  await withoutWriters(work).catch((error) => {
    throw isRestored ? new UserError(followUpOfFailure(backup, error), { cause: error }) : error;
  });
  return backup;
}

/** Services migrate an older schema when they start. A newer one they may not know. */
async function versionProblems(
  { postgres, databases }: Backup,
  server: DatabaseServer,
  newestSchema: (database: string) => Promise<number | undefined>,
): Promise<string[]> {
  const major = await majorVersion(server);
  const known = await Promise.all(databases.map(async ({ name }) => (await newestSchema(name)) ?? 0));
  return [
    ...(postgres > major
      ? [`postgres: the backup is of version ${postgres}, and this server is ${major}. Upgrade the server first`]
      : []),
    ...databases.flatMap(({ name, schema }, index) =>
      schema > (known[index] ?? 0)
        ? [`${name}: the backup has migration ${schema}, and this release knows ${known[index]}. Use the newer release`]
        : [],
    ),
  ];
}

async function newestMigration(database: string): Promise<number | undefined> {
  const files = await readdir(join(root, 'services', database, 'migrations')).catch(() => []);
  return files.length > 0 ? Math.max(...files.map((file) => Number.parseInt(file, 10))) : undefined;
}

async function databaseProblems(names: readonly string[], server: DatabaseServer, replace: boolean): Promise<string[]> {
  const existing = await databaseNames(server);
  const problems = [];
  for (const name of names) {
    if (!existing.includes(name)) problems.push(`${name}: Postgres has no such database; charts/postgres makes it`);
    else if (!replace && (await hasTables(name, server)))
      problems.push(`${name}: is not empty. With --replace, what is in it is lost`);
  }
  return problems;
}

async function hasTables(database: string, server: DatabaseServer): Promise<boolean> {
  const [answer] = await server.query("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')", {
    database,
  });
  return answer === 't';
}

async function load(from: string, name: string, server: DatabaseServer): Promise<void> {
  // A run that was killed leaves them.
  await drop([loading(name), replaced(name)], server);
  await server.query(`CREATE DATABASE ${loading(name)} OWNER ${quote(`${name}-migrator`)}`);
  await server.load(dumpFile(from, name), `${name}.loading`);
  await server.query('ANALYZE', { database: `${name}.loading` });
}

async function drop(databases: readonly string[], server: DatabaseServer): Promise<void> {
  await server.query(databases.map((name) => `DROP DATABASE IF EXISTS ${name};`).join('\n'));
}

/** With the rights that charts/postgres gives at each start. */
function takePlace(name: string): string {
  return [
    `ALTER DATABASE ${quote(name)} RENAME TO ${replaced(name)};`,
    `ALTER DATABASE ${loading(name)} RENAME TO ${quote(name)};`,
    `REVOKE ALL ON DATABASE ${quote(name)} FROM PUBLIC;`,
    `GRANT CONNECT ON DATABASE ${quote(name)} TO ${quote(name)};`,
  ].join('\n');
}

function quote(identifier: string): string {
  return `"${identifier}"`;
}
