import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../observability/log.ts';
import { DomainError } from '../runtime/domain-error.ts';

/** What runs a query: the pool, or the client of a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<pg.QueryResult<Row>>;
}

export type SessionClient = pg.PoolClient;

export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction, which is rolled back if it throws.
   * @throws DomainError `unavailable` if Postgres cannot be used and nothing was stored; `outcome-unknown` if the
   *   connection broke at COMMIT; else what `work` throws
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Lends one connection, for what must stay on it: a lock of the session. It is closed afterwards.
   * @throws DomainError `unavailable` if Postgres cannot be used; else what `work` throws
   */
  session<T>(work: (client: SessionClient) => Promise<T>): Promise<T>;
  /** Calls the listener after each transaction that this process has committed. @returns ends that */
  onCommit(listener: () => void): () => void;
  close(): Promise<void>;
}

// Postgres is outside the mesh: nobody else would cut a connection that hangs.
const connectTimeoutMs = 2_000;
const statementTimeoutMs = 10_000;
/** Postgres ends the transaction of a process that is frozen, so that its locks do not keep others waiting. */
export const idleInTransactionTimeoutMs = 5_000;
/** A transaction that waits for such a lock gives up before its statement timeout, and tries again. */
const lockTimeoutMs = 5_000;
/** A network that was cut says nothing: the answer will not come, although the statement's own time is over. */
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
  // An idle connection that breaks would otherwise end the process; the pool opens a new one when it needs it.
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
      // A client in use reports a broken connection here, too, and without a listener that would end the process.
      client.on('error', (error) => log.warn({ err: error }, 'a database connection broke'));
      return await work(client)
        .catch(rethrow)
        .finally(() => client.release(true));
    },
    async transaction(work) {
      const client = await pool.connect().catch(rethrow);
      let broken: Error | undefined;
      // A client in use says so here, too, and without a listener that would end the process.
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

/** A statement with parameters gets a name, by which each connection parses it once. All SQL is constant, so names are few. */
function prepared(text: string, values: unknown[] | undefined): pg.QueryConfig {
  if (values === undefined) return { text };
  let name = statementNames.get(text);
  if (name === undefined) {
    name = createHash('md5').update(text).digest('hex');
    statementNames.set(text, name);
  }
  return { name, text, values };
}

/** Waits until Postgres answers, without a limit: it may start after us, and the startup probe decides how long is too long. */
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
 * SQLSTATEs of what was not done but may be later: 08 connection, 53 resources, 57P shutdown and start, 28/3D000 role or
 * database not yet made, 25P03 a transaction that idled, 55P03 a lock and 57014 a statement that took too long, 40 a
 * deadlock or a conflict.
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
  // pg gives neither a code nor a class to these.
  const isLostConnection =
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered|Client was closed)/i;
  const isState = unavailableStates.test(code) || unavailableSocketErrors.has(code);
  return isState || isLostConnection.test(error.message) || isAnswerMissing(error) || isUnavailable(error.cause);
}

/** pg's name for a query whose answer did not come in time. */
function isAnswerMissing(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/** True if nothing more can be said on this connection, not even ROLLBACK: closing it does the same. */
function isCut(error: unknown): error is Error {
  return error instanceof Error && (isAnswerMissing(error) || isAnswerMissing(error.cause));
}

function rethrow(error: unknown): never {
  if (isUnavailable(error)) throw new DomainError('unavailable', 'The database cannot be used just now.', error);
  throw error;
}

function rethrowFromCommit(error: unknown): never {
  if (isUnavailable(error)) throw new DomainError('outcome-unknown', 'The database was lost at commit.', error);
  throw error;
}
