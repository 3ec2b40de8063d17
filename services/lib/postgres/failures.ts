import pg from 'pg';
import { DomainError } from '../runtime/domain-error.ts';

/**
 * SQLSTATEs that the statement or its data cause, whatever state the database is in. Every other state is an outage,
 * also one that nobody has met yet: an event that waits is delayed, and an event that was given up is lost.
 *
 * - 21, 22, 23, 27, 44: the data breaks a rule, so it breaks it at every attempt.
 * - 20, P0: a function in the database rejects the data with RAISE.
 * - 42: the statement is wrong, such as a syntax error. Not the states of `absentObjects`.
 *
 * Some outages look like defects: 25006 is a replica after a failover, 0A000 a prepared statement whose table has got
 * a column, 26000 a prepared statement that a connection pooler has lost, 54000 the end of the transaction ids.
 */
const defects = /^(2[01237]|42|44|P0)/;

/**
 * The states of class 42 that depend on what the database holds at the moment. While a backup is restored, tables,
 * columns, indexes (42P10 of ON CONFLICT) and functions are missing and privileges are not granted yet; behind a
 * connection pooler a prepared statement may exist already (42P05).
 */
const absentObjects = /^42(501|703|704|883|P01|P05|P10)$/;

/** The states whose message names objects and settings of the database, and never quotes the data of a statement. */
const statesWithoutData = /^(08|0A|25|26|28|3D|3F|40|42|53|55|57|58|F0)/;

/**
 * An error that Postgres has answered, without its `detail`, `where`, `hint` and `internalQuery`, which quote rows. Its
 * message is Postgres' own only where that cannot quote data: the one of 22P02 quotes the input.
 */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  /** SQLSTATE; undefined for an answer that is not Postgres' protocol. */
  readonly code: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;

  constructor({ code, message, table, column, constraint }: pg.DatabaseError) {
    const places = Object.entries({ table, column, constraint }).filter(([, name]) => name !== undefined);
    const where = places.map(([kind, name]) => `, ${kind} ${name}`).join('');
    const isPublic = code === undefined || statesWithoutData.test(code);
    super(`Postgres answered ${code ?? 'out of protocol'}${where}${isPublic ? `: ${message}` : ''}`);
    this.code = code;
    this.table = table;
    this.column = column;
    this.constraint = constraint;
  }
}

/**
 * Converts an error of pg.
 * @returns DomainError `unavailable` for an outage of any kind; a StatementError for a defect that Postgres reports; an
 *   error that pg's JavaScript throws, such as the TypeError for a parameter that is not JSON, stays as it is
 */
export function toFailure(error: unknown, isDefect = isDefectOfStatement): Error {
  if (error instanceof DomainError) return error;
  if (isDefectOfCode(error)) return error;
  const cause = error instanceof pg.DatabaseError ? new StatementError(error) : error;
  if (cause instanceof StatementError && cause.code !== undefined && isDefect(cause.code)) return cause;
  return new DomainError('unavailable', 'The database cannot be used just now.', cause);
}

function isDefectOfStatement(state: string): boolean {
  return defects.test(state) && !absentObjects.test(state);
}

/** The defects of a migration: what it names and does not find will not be there at its next attempt either. */
export function isDefectOfMigration(state: string): boolean {
  return defects.test(state) && state !== '42501';
}

/** An error of a parameter or of the data's parser, which is the same at each attempt. */
function isDefectOfCode(error: unknown): error is Error {
  return [TypeError, RangeError, SyntaxError, ReferenceError].some((defect) => error instanceof defect);
}
