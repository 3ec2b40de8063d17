import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { ConfigError } from '../runtime/read-config.ts';

/** The files of a mounted Secret `postgres-<role>`. They may change at any time, and are read for each connection. */
export interface DatabaseFiles {
  /** The URL. While a password is rotated, the file `previous-url` beside it has the former one. */
  readonly urlFile: string;
  /** The authorities of the server's certificate, as PEM. Without it, only a database on this host can be used. */
  readonly caFile?: string;
}

/** A URL, as tests have it, or the files of a Secret. */
export type DatabaseSource = string | DatabaseFiles;

/** How a pool reaches its database. */
export interface Access {
  readonly config: pg.PoolConfig;
  /**
   * Runs an attempt that may open a connection. If Postgres rejects its password, the attempt is repeated with the
   * other password of a rotation: nothing was sent before.
   */
  connecting<T>(attempt: () => Promise<T>): Promise<T>;
}

/** The current password, the previous one, and the current one again: it may have become valid meanwhile. */
const maxAttempts = 3;
const rejectedPassword = '28P01';
const loopback = ['127.0.0.1', '[::1]', 'localhost'];

/** @throws ConfigError if the files do not allow a verified connection */
export function accessTo(source: DatabaseSource): Access {
  if (typeof source === 'string') return { config: { connectionString: source }, connecting: (attempt) => attempt() };
  const { urlFile, caFile } = source;
  const { hostname, port, username, pathname } = new URL(readFileSync(urlFile, 'utf8').trim());
  if (!caFile && !loopback.includes(hostname))
    throw new ConfigError(`DATABASE_CA_FILE is missing: a connection to ${hostname} must be encrypted and verified.`);
  // Chooses among the passwords. It moves on only if the password that was rejected is still the one in use.
  let turn = 0;
  return {
    config: {
      host: hostname,
      port: Number(port || 5432),
      user: decodeURIComponent(username),
      database: decodeURIComponent(pathname.slice(1)),
      password: async () => {
        const passwords = await readPasswords(urlFile);
        return passwords[turn % passwords.length] ?? '';
      },
      ...(caFile && { ssl: verifiedBy(caFile) }),
    },
    async connecting(attempt) {
      for (let count = 1; ; count++) {
        const tried = turn;
        try {
          return await attempt();
        } catch (error) {
          const isRejected = error instanceof pg.DatabaseError && error.code === rejectedPassword;
          if (!isRejected || count === maxAttempts) throw error;
          if (turn === tried) turn += 1;
        }
      }
    },
  };
}

/** The certificate must be of the authority, valid, and for the host of the URL. */
function verifiedBy(caFile: string): pg.PoolConfig['ssl'] {
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    get ca() {
      return readFileSync(caFile, 'utf8');
    },
  };
}

/** The current password, then the previous one if a rotation is under way. */
async function readPasswords(urlFile: string): Promise<readonly string[]> {
  const current = await readFile(urlFile, 'utf8');
  const previous = await readFile(join(dirname(urlFile), 'previous-url'), 'utf8').catch(() => '');
  return [current, previous].flatMap((url) =>
    url.trim() === '' ? [] : [decodeURIComponent(new URL(url.trim()).password)],
  );
}
