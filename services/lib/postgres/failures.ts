import pg from 'pg';
import { DomainError } from '../runtime/domain-error.ts';

/**
 * SQLSTATEs that the statement or its data cause, whatever state the database is in. Every other state is an outage,
 * also one that nobody has met yet: an event that waits is delayed, and an event that was given up is lost.
 *
 * - 21, 22, 23, 27, 44: the data breaks a rule, so it breaks it at every attempt. Not an exhausted sequence (2200H).
 * - 42601, 42702: the statement itself is wrong.
 *
 * Some outages look like defects: 25006 is a replica after a failover, 0A000 a prepared statement whose table has got
 * a column, 26000 a prepared statement that a connection pooler has lost, 54000 the end of the transaction ids. So do
 * the other states of class 42, because our SQL is constant: while a backup is restored, tables, columns, indexes and
 * functions are missing or of another kind or type, and privileges are not granted yet. None of our functions raises an
 * error (20, P0): an operator's does, such as a trigger for maintenance.
 */
const defects = /^(2[1237](?!00H)|42(601|702)|44)/;

/** What a migration names and does not find will not be there at its next attempt either. */
const defectsOfMigration = /^(2[01237]|42(?!501)|44|P0)/;

/** Says that the value of an identity column exists already: these are called `id`, and no other number is. */
const duplicateIdentity = /\(id\)=\(\d+\)/;

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
export function toFailure(error: unknown, isDefect: (answer: pg.DatabaseError) => boolean = isDefectOf('')): Error {
  if (error instanceof DomainError || error instanceof StatementError || isDefectOfCode(error)) return error;
  const isAnswer = error instanceof pg.DatabaseError;
  const cause = isAnswer ? new StatementError(error) : error;
  if (isAnswer && isDefect(error)) return cause as StatementError;
  return new DomainError('unavailable', 'The database cannot be used just now.', cause);
}

/** Whether Postgres' answer to a statement is a defect of it or of its data. */
export function isDefectOf(sql: string) {
  return ({ code = '', message, detail = '', column, constraint, table }: pg.DatabaseError): boolean => {
    // A text is too long for an index.
    if (code === '54000') return message.startsWith('index row');
    // A sequence is behind its table, as after a failover to a logical replica.
    if (code === '23505') return !duplicateIdentity.test(detail);
    // A column that the statement does not write has lost its sequence or default, or is newly required.
    if (code === '23502') return column === undefined || new RegExp(`\\b${column}\\b`).test(sql);
    // Without a constraint, the table has no partition for the row.
    if (code === '23514') return constraint !== undefined || table === undefined;
    return defects.test(code);
  };
}

/** The defects of a migration. */
export function isDefectOfMigration({ code = '' }: pg.DatabaseError): boolean {
  return defectsOfMigration.test(code);
}

/** An error of a parameter or of the data's parser, which is the same at each attempt. */
function isDefectOfCode(error: unknown): error is Error {
  return [TypeError, RangeError, SyntaxError, ReferenceError].some((defect) => error instanceof defect);
}
