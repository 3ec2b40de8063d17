import { spawn } from 'node:child_process';
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { programPath } from '../kubernetes/kubectl.ts';
import { kubeconfig } from '../paths.ts';
import { CommandError } from '../run.ts';
import { DATABASE_NAMESPACE, passwordIn } from './database-passwords.ts';

const TIMEOUT_MS = 15_000;

/**
 * Sets the password of a role in Postgres, with the role's own rights, and checks it. Nothing changes if Postgres knows
 * the current one already. A port-forward may lose the last words of a server that closes a connection, so no step
 * depends on why a login fails, and each login has a port-forward of its own.
 *
 * @param urls with the current password, and with the previous one
 * @param authorities that the certificate of Postgres must be of, as PEM
 * @param withPort runs work with a port on this host that leads to Postgres
 * @throws Error of the login with the current password if neither password is valid, or Postgres is not reached
 */
export async function setPassword(
  [current, previous]: readonly [current: string, previous: string],
  authorities: string,
  withPort: <T>(work: (port: number) => Promise<T>) => Promise<T> = withPostgresPort,
): Promise<void> {
  const change = async (client: pg.Client) => {
    // Postgres gets what it stores, not the password: nothing that it logs could reveal it.
    await client.query(`ALTER ROLE CURRENT_USER PASSWORD '${scramVerifier(passwordIn(current) ?? '')}'`);
  };
  const login = (url: string, work: (client: pg.Client) => Promise<void>) =>
    withPort(async (port) => {
      const client = await connect(url, authorities, port);
      await work(client).finally(() => client.end());
    });
  // It fails if an interrupted run has set the current password already. The next login tells.
  if (previous) await login(previous, change).catch(() => undefined);
  await login(current, async () => undefined);
}

async function connect(url: string, ca: string, port: number): Promise<pg.Client> {
  const { hostname, username, pathname } = new URL(url);
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: username,
    database: pathname.slice(1),
    password: passwordIn(url),
    ssl: { ca, servername: hostname, rejectUnauthorized: true },
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** What Postgres stores of a password (RFC 5803), with its own number of iterations. */
export function scramVerifier(password: string, salt = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}

/** Runs work with a port on this host that leads to the pod of Postgres. */
async function withPostgresPort<T>(work: (port: number) => Promise<T>): Promise<T> {
  const args = ['-n', DATABASE_NAMESPACE, 'port-forward', '--address', '127.0.0.1', 'statefulset/postgres', ':5432'];
  const child = spawn(programPath('kubectl'), args, { env: { ...process.env, KUBECONFIG: kubeconfig } });
  const ended = new Promise<never>((_, reject) => {
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.once('error', reject);
    child.once('close', () => reject(new CommandError(`no connection to Postgres: ${errors.trim()}`)));
  });
  const listening = new Promise<number>((resolve) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const port = output.match(/127\.0\.0\.1:(\d+)/)?.[1];
      if (port) resolve(Number(port));
    });
  });
  // It also ends after the work is done, when nothing waits for it any more.
  ended.catch(() => undefined);
  try {
    return await Promise.race([listening.then(work), ended]);
  } finally {
    child.kill();
  }
}
