// cspell:ignore psqlrc
import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { DATABASE_NAMESPACE } from '../credentials/database-passwords.ts';
import { programPath } from '../kubernetes/kubectl.ts';
import { kubeconfig } from '../paths.ts';
import { CommandError } from '../run.ts';

/** The Postgres that has all databases, as its superuser. */
export interface DatabaseServer {
  /**
   * Runs statements. @returns the lines of their results, without headings
   * @throws CommandError with what Postgres says
   */
  query(sql: string, options?: QueryOptions): Promise<readonly string[]>;
  /** Writes a database to a file that only its owner can read, as of one moment. */
  dump(database: string, file: string): Promise<void>;
  /** Reads a dump to its end. @throws CommandError if it is not complete */
  readThrough(file: string): Promise<void>;
  /** Fills an empty database, as one transaction. */
  load(file: string, database: string): Promise<void>;
}

interface QueryOptions {
  /** @default postgres */
  readonly database?: string;
  /** All statements take effect, or none. Default: each by itself. */
  readonly isTransaction?: boolean;
}

/** Inside the pod the superuser connects by the pod's own socket: no password is involved. */
const connection = ['--host=/tmp', '--username=postgres'];

/** The server of charts/postgres in this checkout's cluster. Its programs run in its pod, and files stay here. */
export const podServer: DatabaseServer = {
  async query(sql, { database = 'postgres', isTransaction = false } = {}) {
    const flags = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1'];
    const transaction = isTransaction ? ['--single-transaction'] : [];
    const command = ['psql', ...connection, ...flags, ...transaction, `--dbname=${database}`, '--file=-'];
    const stdout = await inPod(command, { input: sql });
    return stdout.split('\n').filter(Boolean);
  },

  async dump(database, file) {
    await writeFile(file, '', { mode: 0o600 });
    await inPod(['pg_dump', ...connection, '--format=custom', `--dbname=${database}`], { stdout: { file } });
  },

  async readThrough(file) {
    await inPod(['pg_restore', '--file=/dev/null'], { inputFile: file });
  },

  async load(file, database) {
    const flags = ['--exit-on-error', '--single-transaction', `--dbname=${database}`];
    await inPod(['pg_restore', ...connection, ...flags], { inputFile: file });
  },
};

interface Streams {
  readonly input?: string;
  readonly inputFile?: string;
  readonly stdout?: { readonly file: string };
}

async function inPod(command: readonly string[], streams: Streams): Promise<string> {
  const stdin = streams.input === undefined && streams.inputFile === undefined ? [] : ['-i'];
  const args = ['-n', DATABASE_NAMESPACE, 'exec', ...stdin, 'statefulset/postgres', '--', ...command];
  const options = { env: { KUBECONFIG: kubeconfig }, reject: false, ...streams } as const;
  const { stdout, stderr, failed, exitCode } = await execa(programPath('kubectl'), args, options);
  if (failed)
    throw new CommandError(`${command[0]} in the pod of Postgres failed (${exitCode}): ${String(stderr).trim()}`);
  return typeof stdout === 'string' ? stdout : '';
}
