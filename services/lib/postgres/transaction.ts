import pg from 'pg';
import { DomainError, hasCode } from '../runtime/domain-error.ts';
import { isDefectOf, toFailure } from './failures.ts';

/** The SQLSTATE of each statement after the first one that failed. */
const inFailedTransaction = '25P02';

/** A transaction on a client of the pool. */
export class Transaction {
  readonly #client: pg.PoolClient;
  /** Set if the connection cannot be used any more, or if its server may not be one that can. */
  #broken: Error | undefined;
  #firstFailure: Error | undefined;
  /** A client in use reports a broken connection as an event. Without a listener, that would end the process. */
  readonly #onError = (error: Error) => {
    this.#broken ??= error;
  };

  constructor(client: pg.PoolClient) {
    this.#client = client;
    client.on('error', this.#onError);
  }

  /** @throws what `toFailure` returns; after a failed statement, the failure of that one */
  async query<Row extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#client.query<Row>(query);
    } catch (error) {
      if (this.#firstFailure && error instanceof pg.DatabaseError && error.code === inFailedTransaction) {
        throw this.#firstFailure;
      }
      const failure = toFailure(error, isDefectOf(query.text));
      this.#firstFailure ??= failure;
      if (hasCode(failure, 'unavailable')) this.#broken ??= failure;
      throw failure;
    }
  }

  /**
   * @throws what `toFailure` returns if nothing was stored, such as for a deferred constraint; DomainError
   *   `outcome-unknown` if the connection broke
   */
  async commit(): Promise<void> {
    if (this.#broken) throw toFailure(this.#broken);
    const { command } = await this.#client.query('COMMIT').catch(async (error: unknown) => {
      // An error that leaves the connection usable is an answer: Postgres has rolled back. Before a lost connection,
      // and before FATAL and PANIC, which end it, the commit may have been written.
      const isRolledBack = error instanceof pg.DatabaseError && (await this.rollBack());
      if (!isRolledBack) this.#broken ??= error as Error;
      const failure = isRolledBack ? toFailure(error) : toUnknown(error);
      if (hasCode(failure, 'unavailable')) this.#broken ??= failure;
      throw failure;
    });
    // The work has ignored the failure of a statement, and Postgres answers COMMIT with a rollback.
    if (command === 'ROLLBACK') throw this.#firstFailure ?? new Error('Postgres rolled the transaction back.');
  }

  /** Rolls back, unless the connection is to be closed, which also rolls back. Returns false if that failed. */
  async rollBack(): Promise<boolean> {
    if (this.#broken) return false;
    return await this.#client.query('ROLLBACK').then(
      () => true,
      (error: Error) => {
        this.#broken ??= error;
        return false;
      },
    );
  }

  /** Returns the client to the pool, which closes one that is broken. */
  release(): void {
    this.#client.off('error', this.#onError);
    this.#client.release(this.#broken);
  }
}

function toUnknown(error: unknown): DomainError {
  const { cause } = toFailure(error);
  return new DomainError('outcome-unknown', 'The connection to the database broke at COMMIT.', cause ?? error);
}
