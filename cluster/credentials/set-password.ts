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
 * only the current one already, as after an interrupted rotation.
 *
 * @param urls with the current password, and with the previous one
 * @param authorities that the certificate of Postgres must be of, as PEM
 * @param withPort runs work with a port on this host that leads to Postgres
 */
export async function setPassword(
  [current, previous]: readonly [current: string, previous: string],
  authorities: string,
  withPort: typeof withPostgresPort = withPostgresPort,
): Promise<void> {
  // A port-forward may end with a connection that Postgres refuses, and may lose what it says. So the password that is
  // most likely valid comes first, and whatever a refusal looks like, the other one follows through a port of its own.
  await withPort((port) => alter(connect(previous, authorities, port), current)).catch(() => undefined);
  await withPort(async (port) => (await connect(current, authorities, port)).end());
}

async function alter(login: Promise<pg.Client>, current: string): Promise<void> {
  const client = await login;
  try {
    // Postgres gets what it stores, not the password: nothing that it logs could reveal it.
    await client.query(`ALTER ROLE CURRENT_USER PASSWORD '${scramVerifier(passwordIn(current) ?? '')}'`);
  } finally {
    await client.end();
  }
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
