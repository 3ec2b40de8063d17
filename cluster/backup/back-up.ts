// cspell:ignore datistemplate
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { finish } from '../finish.ts';
import type { Progress } from '../progress.ts';
import { UserError } from '../settings.ts';
import { type Backup, type DatabaseBackup, describeDump, dumpFile, writeManifest } from './folder.ts';
import type { DatabaseServer } from './server.ts';

/**
 * Databases that are dumped last. Each dump shows a moment of its own. What orders has noted as done and another service
 * does not know yet can be repeated, and what another service has done for an order that orders does not know cannot be
 * found. The simulated partner, like a real one, knows all that it was ever told.
 */
const LAST = ['orders', 'acquirer'];

/**
 * Backs up every database to a new folder: it appears complete, or not at all. Services keep running.
 *
 * @param version of Windlass
 * @throws UserError that names `--to` if the folder exists or cannot be made, or if there is no database
 */
export async function backUp(to: string, version: string, server: DatabaseServer, progress: Progress): Promise<Backup> {
  const folder = resolve(to);
  return finish(async () => {
    const unfinished = await makeUnfinished(folder);
    try {
      await refuseExisting(folder);
      const names = (await databaseNames(server)).toSorted((a, b) => LAST.indexOf(a) - LAST.indexOf(b));
      if (names.length === 0) throw new UserError('Postgres has no database of a service: `make up` makes them');
      const databases: DatabaseBackup[] = [];
      for (const name of names)
        databases.push(await progress.part(`dump of ${name}`, () => dumpDatabase(unfinished, name, server)));
      const backup: Backup = { format: 1, windlass: version, postgres: await majorVersion(server), databases };
      await writeManifest(unfinished, backup);
      await refuseExisting(folder);
      await rename(unfinished, folder);
      return backup;
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
  });
}

/** Makes the folder beside a backup's that becomes it. It also keeps a second backup out. */
async function makeUnfinished(folder: string): Promise<string> {
  const unfinished = `${folder}.unfinished`;
  await mkdir(unfinished, { mode: 0o700 }).catch(({ code }: NodeJS.ErrnoException) => {
    const why =
      code === 'EEXIST'
        ? `${unfinished} exists: another backup writes it, or was killed. Wait, or delete it`
        : `no folder can be made in ${dirname(folder)} (${code}): it must exist and be writable`;
    throw new UserError(`--to ${folder}: ${why}`);
  });
  return unfinished;
}

/** A link, a file, a mount point or a folder, even an empty one. */
async function refuseExisting(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found) throw new UserError(`--to ${folder}: exists. A backup is never overwritten: name a new folder`);
}

/** The databases of services, sorted. Those with a dot in their names are a restore's. */
export async function databaseNames(server: DatabaseServer): Promise<readonly string[]> {
  const names = await server.query(
    "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1",
  );
  return names.filter((name) => !name.includes('.'));
}

export async function majorVersion(server: DatabaseServer): Promise<number> {
  const [version] = await server.query("SELECT current_setting('server_version_num')::int / 10000");
  return Number(version);
}

async function dumpDatabase(folder: string, name: string, server: DatabaseServer): Promise<DatabaseBackup> {
  const [at = ''] = await server.query(`SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
  const schema = await schemaOf(name, server);
  const file = dumpFile(folder, name);
  await server.dump(name, file);
  await server.readThrough(file);
  return { name, schema, at, ...(await describeDump(file)) };
}

/** The number of a database's newest migration; 0 if nothing has migrated it. */
async function schemaOf(database: string, server: DatabaseServer): Promise<number> {
  const [isMigrated] = await server.query("SELECT to_regclass('public.migrations') IS NOT NULL", { database });
  if (isMigrated !== 't') return 0;
  const [newest] = await server.query('SELECT coalesce(max(id), 0) FROM public.migrations', { database });
  return Number(newest);
}
