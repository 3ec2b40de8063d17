// cspell:ignore indisvalid indexrelid nspname relname relnamespace
import type pg from 'pg';
import type { SessionClient } from './database.ts';

/**
 * How long a statement of a migration waits for a lock. While it waits, all later statements on the table wait behind
 * it, so it gives up soon, and the migration is repeated.
 */
const lockTimeoutMs = 2_000;
/** Ends the transaction of a process that is frozen, so that its locks do not block others. */
const idleInTransactionTimeoutMs = 60_000;
/** The client's own limit cannot be switched off for one query. This is the longest that a timer can be: 24 days. */
const unlimitedMs = 2 ** 31 - 1;
/** By this comment postgres-migrations runs a file, which has one statement then, outside of a transaction. */
const NO_TRANSACTION = '-- postgres-migrations disable-transaction';

/** A client for the library `postgres-migrations`. */
export interface MigrationClient {
  query(statement: string | pg.QueryConfig): Promise<pg.QueryResult>;
  /** The database's first own error, which the library reports without its SQLSTATE. */
  readonly error: unknown;
}

/**
 * Lifts the pool's time limits from a connection, because a migration may take long. The connection is closed
 * afterwards, so nothing has to be restored.
 */
export async function prepareForMigration(client: SessionClient): Promise<MigrationClient> {
  let first: unknown;
  const query = (statement: string | pg.QueryConfig) => {
    // The library's statements have getters, which a spread would lose.
    const { text, values } = typeof statement === 'string' ? { text: statement, values: undefined } : statement;
    const config = { text, ...(values && { values }), query_timeout: unlimitedMs };
    return client.query(config).catch((error: unknown) => {
      first ??= error;
      throw error;
    });
  };
  await query(
    `SET statement_timeout = 0; SET transaction_timeout = 0; SET lock_timeout = ${lockTimeoutMs};
     SET idle_in_transaction_session_timeout = ${idleInTransactionTimeoutMs}`,
  );
  return {
    get error() {
      return first;
    },
    async query(statement) {
      const isAlone = typeof statement === 'string' && statement.includes(NO_TRANSACTION);
      if (!isAlone) return query(statement);
      await dropInvalidIndexes(query);
      // CREATE INDEX CONCURRENTLY waits for all older transactions, and blocks nobody meanwhile.
      await query('SET lock_timeout = 0');
      const result = await query(statement);
      await query(`SET lock_timeout = ${lockTimeoutMs}`);
      return result;
    },
  };
}

/** An interrupted CREATE INDEX CONCURRENTLY leaves an index that nobody uses and that IF NOT EXISTS would accept. */
async function dropInvalidIndexes(query: (sql: string) => Promise<pg.QueryResult>): Promise<void> {
  const { rows } = await query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_index i
     JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT i.indisvalid AND n.nspname = current_schema()`,
  );
  for (const { name } of rows as { name: string }[]) await query(`DROP INDEX CONCURRENTLY ${name}`);
}
