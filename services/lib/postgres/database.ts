import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../observability/log.ts';
import { hasCode } from '../runtime/domain-error.ts';
import { defaultPoolSize } from '../runtime/variables.ts';
import { accessTo, type DatabaseSource } from './access.ts';
import { isDefectOf, isDefectOfMigration, toFailure } from './failures.ts';
import { GuardedSocket } from './guarded-socket.ts';
import { Transaction } from './transaction.ts';

/** Runs queries: the pool, or the client of a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<pg.QueryResult<Row>>;
}

export type SessionClient = pg.PoolClient;

export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction, which is rolled back if it throws.
   * @throws DomainError `unavailable` if Postgres cannot be used and nothing was stored; `outcome-unknown` if the
   *   connection broke at COMMIT; StatementError if Postgres rejects a statement or its data; otherwise what `work`
   *   throws. Only a connection that met no outage goes back to the pool
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

/**
 * @param poolSize connections at most; more transactions wait for one. Default: `defaultPoolSize`
 * @throws ConfigError if the files of a Secret do not allow a verified connection
 */
export function openDatabase(source: DatabaseSource, log: Log, poolSize = defaultPoolSize): Database {
  const { config, connecting } = accessTo(source);
  const pool = new pg.Pool({
    ...config,
    stream: () => new GuardedSocket(),
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    lock_timeout: lockTimeoutMs,
    query_timeout: answerTimeoutMs,
    max: poolSize,
  });
  // Without a listener, an idle connection that breaks would end the process. The pool opens a new one when needed.
  pool.on('error', (error) => log.warn({ err: toFailure(error) }, 'an idle database connection broke'));
  const commits = new EventEmitter();
  return {
    // The pool closes the connection of a query that failed.
    query: (sql, params) =>
      connecting(() => pool.query(prepared(sql, params))).catch((error: unknown) => {
        throw toFailure(error, isDefectOf(sql));
      }),
    close: () => pool.end(),
    onCommit(listener) {
      commits.on('commit', listener);
      return () => commits.off('commit', listener);
    },
    async session(work) {
      const client = await connecting(() => pool.connect()).catch(rethrow);
      // A client in use also reports a broken connection here. Without a listener, that would end the process.
      client.on('error', (error) => log.warn({ err: toFailure(error) }, 'a database connection broke'));
      const outage = rememberOutage(client);
      return await work(client)
        .catch((error: unknown) => {
          throw outage() ?? error;
        })
        .finally(() => client.release(true));
    },
    async transaction(work) {
      const client = await connecting(() => pool.connect()).catch(rethrow);
      const transaction = new Transaction(client);
      try {
        await transaction.query({ text: 'BEGIN' });
        const result = await work({ query: (sql, params) => transaction.query(prepared(sql, params)) });
        await transaction.commit();
        commits.emit('commit');
        return result;
      } catch (error) {
        await transaction.rollBack();
        throw error;
      } finally {
        transaction.release();
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

function rethrow(error: unknown): never {
  throw toFailure(error);
}

/**
 * Converts the errors of a lent client, and remembers the last outage: the library of the migrations replaces an error
 * by one of its own, without a cause. The client must not go back to the pool.
 * @returns the outage; undefined if there was none
 */
function rememberOutage(client: SessionClient): () => Error | undefined {
  let outage: Error | undefined;
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  const converted = (...args: unknown[]) =>
    query(...args).catch((error: unknown) => {
      const failure = toFailure(error, isDefectOfMigration);
      if (hasCode(failure, 'unavailable')) outage = failure;
      throw failure;
    });
  client.query = converted as typeof client.query;
  return () => outage;
}
