import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../observability/log.ts';
import { DomainError } from '../runtime/domain-error.ts';

/** Runs queries: the pool, or the client of a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<pg.QueryResult<Row>>;
}

export type SessionClient = pg.PoolClient;

export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction, which is rolled back if it throws.
   * @throws DomainError `unavailable` if Postgres cannot be used and nothing was stored; `outcome-unknown` if the
   *   connection broke at COMMIT; otherwise what `work` throws
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Lends one connection for work that must stay on it, such as a session lock. The connection is closed afterwards.
   * @throws DomainError `unavailable` if Postgres cannot be used; otherwise what `work` throws
   */
  session<T>(work: (client: SessionClient) => Promise<T>): Promise<T>;
  /**
   * Calls the listener after each transaction that this process has committed.
   * @returns removes the listener
   */
  onCommit(listener: () => void): () => void;
  close(): Promise<void>;
}

// Postgres is outside the mesh, so only these timeouts end a connection that hangs.
const connectTimeoutMs = 2_000;
const statementTimeoutMs = 10_000;
/** Postgres ends the transaction of a process that is frozen, so that its locks do not block other processes. */
export const idleInTransactionTimeoutMs = 5_000;
/** A transaction that waits for such a lock fails before its statement timeout. Its caller may retry it. */
const lockTimeoutMs = 5_000;
/** The timeout in the client. If the network is cut, the error of a statement timeout in Postgres never arrives. */
const answerTimeoutMs = statementTimeoutMs + 2_000;
const readyPollIntervalMs = 500;

export function openDatabase(connectionString: string, log: Log): Database {
  const pool = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    lock_timeout: lockTimeoutMs,
    query_timeout: answerTimeoutMs,
  });
  // Without a listener, an idle connection that breaks would end the process. The pool opens a new one when needed.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'));
  const commits = new EventEmitter();
  return {
    query: (sql, params) => pool.query(prepared(sql, params)).catch(rethrow),
    close: () => pool.end(),
    onCommit(listener) {
      commits.on('commit', listener);
      return () => commits.off('commit', listener);
    },
    async session(work) {
      const client = await pool.connect().catch(rethrow);
      // A client in use also reports a broken connection here. Without a listener, that would end the process.
      client.on('error', (error) => log.warn({ err: error }, 'a database connection broke'));
      return await work(client)
        .catch(rethrow)
        .finally(() => client.release(true));
    },
    async transaction(work) {
      const client = await pool.connect().catch(rethrow);
      let broken: Error | undefined;
      // A client in use also reports a broken connection here. Without a listener, that would end the process.
      const onError = (error: Error) => {
        broken = error;
      };
      client.on('error', onError);
      try {
        await client.query('BEGIN').catch(rethrow);
        const tx: Queryable = { query: (sql, params) => client.query(prepared(sql, params)) };
        const result = await work(tx).catch(rethrow);
        await client.query('COMMIT').catch(rethrowFromCommit);
        commits.emit('commit');
        return result;
      } catch (error) {
        if (isCut(error)) broken = error;
        else {
          await client.query('ROLLBACK').catch((rollbackError: Error) => {
            broken = rollbackError;
          });
        }
        throw error;
      } finally {
        client.off('error', onError);
        client.release(broken);
      }
    },
  };
}

const statementNames = new Map<string, string>();

/** Names a statement with parameters, so that each connection parses it once. All SQL is constant, so names are few. */
function prepared(text: string, values: unknown[] | undefined): pg.QueryConfig {
  if (values === undefined) return { text };
  let name = statementNames.get(text);
  if (name === undefined) {
    name = createHash('md5').update(text).digest('hex');
    statementNames.set(text, name);
  }
  return { name, text, values };
}

/** Waits until Postgres answers, without a limit. Postgres may start later, and the startup probe limits the wait. */
export async function waitUntilReady(database: Database, log: Log): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await database.query('SELECT 1');
      return;
    } catch (error) {
      if (attempt % 10 === 1) log.warn({ err: error, attempt }, 'waiting for Postgres');
      await sleep(readyPollIntervalMs);
    }
  }
}

/**
 * SQLSTATEs of failures that had no effect and may be temporary: 08 connection, 53 resources, 57P shutdown and start,
 * 28/3D000 role or database not created yet, 25P03 idle-in-transaction timeout, 55P03 lock timeout, 57014 statement
 * timeout, 40 deadlock or serialization failure.
 */
const unavailableStates = /^(08|53|57P|28|3D000|25P03|55P03|57014|40001|40P01)/;
const unavailableSocketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
]);

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // pg gives these errors neither a code nor a class.
  const isLostConnection =
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered|Client was closed)/i;
  const isState = unavailableStates.test(code) || unavailableSocketErrors.has(code);
  return isState || isLostConnection.test(error.message) || isAnswerMissing(error) || isUnavailable(error.cause);
}

/** True for pg's error of a query that timed out in the client. */
function isAnswerMissing(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/** True if the connection cannot be used any more, not even for ROLLBACK. Closing it also rolls back. */
function isCut(error: unknown): error is Error {
  return error instanceof Error && (isAnswerMissing(error) || isAnswerMissing(error.cause));
}

function rethrow(error: unknown): never {
  if (isUnavailable(error)) throw new DomainError('unavailable', 'The database cannot be used just now.', error);
  throw error;
}

function rethrowFromCommit(error: unknown): never {
  if (isUnavailable(error))
    throw new DomainError('outcome-unknown', 'The connection to the database broke at COMMIT.', error);
  throw error;
}
