import pg from 'pg';
import { DomainError } from '../runtime/domain-error.ts';

/**
 * SQLSTATEs that the statement or its data cause, whatever state the database is in. Every other state is an outage,
 * also one that nobody has met yet: an event that waits is delayed, and an event that was given up is lost.
 *
 * - 21, 22, 23, 27, 44: the data breaks a rule, so it breaks it at every attempt.
 * - 20, P0: a function in the database raises an error.
 * - 42: the statement is wrong, such as a syntax error.
 *
 * Some outages look like defects: 25006 is a replica after a failover, 0A000 a prepared statement whose table has got
 * a column, 26000 a prepared statement that a connection pooler has lost, 54000 the end of the transaction ids.
 */
const defects = /^(2[01237]|42|44|P0)/;

/**
 * The states of these classes that depend on what the database holds at the moment. While a backup is restored, tables,
 * columns, indexes (42P10 of ON CONFLICT) and functions are missing, columns have another type (42804) or are generated
 * (428C9), and privileges are not granted yet; behind a connection pooler a prepared statement may exist already
 * (42P05). A sequence is exhausted (2200H). None of our functions raises an error (20, P0): an operator's does, such as
 * a trigger for maintenance.
 */
const outages = /^(20...|P0...|2200H|42(501|703|704|804|883|8C9|P01|P05|P10))$/;

/** A row about the value of an identity column: these are called `id`, and no other number is. */
const identity = { column: 'id', duplicate: /\(id\)=\(\d+\)/ };

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
  if (error instanceof DomainError || error instanceof StatementError || isDefectOfCode(error)) return error;
  const isAnswer = error instanceof pg.DatabaseError;
  const cause = isAnswer ? new StatementError(error) : error;
  if (isAnswer && isDefect(error)) return cause as StatementError;
  return new DomainError('unavailable', 'The database cannot be used just now.', cause);
}

function isDefectOfStatement({ code = '', message, detail = '', column }: pg.DatabaseError): boolean {
  // A text is too long for an index.
  if (code === '54000') return message.startsWith('index row');
  // A sequence is behind its table, as after a failover to a logical replica, or a column has lost its sequence.
  if (code === '23505') return !identity.duplicate.test(detail);
  if (code === '23502') return column !== identity.column;
  return defects.test(code) && !outages.test(code);
}

/** The defects of a migration: what it names and does not find will not be there at its next attempt either. */
export function isDefectOfMigration({ code = '' }: pg.DatabaseError): boolean {
  return defects.test(code) && code !== '42501';
}

/** An error of a parameter or of the data's parser, which is the same at each attempt. */
function isDefectOfCode(error: unknown): error is Error {
  return [TypeError, RangeError, SyntaxError, ReferenceError].some((defect) => error instanceof defect);
}
