import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { createLog } from '../observability/log.ts';
import { type Database, openDatabase, type Queryable } from '../postgres/database.ts';
import { readConfig } from './read-config.ts';
import { commandPoolSize, databaseFiles, databaseFileVariables } from './variables.ts';

/** The person that a request to export or erase data is about. */
const subjectSchema = z.strictObject({
  id: z.string().min(1),
  /** The ids of the person's business records, for services that know the person by them only. */
  records: z.array(z.string()),
});

export type Subject = z.output<typeof subjectSchema>;

/** How many rows of each kind an erasure changed: `{ "e-mails deleted": 3 }`. */
export type Erased = Readonly<Record<string, number>>;

/** What one service does about a person's data in its own database. */
export interface SubjectPart {
  /** Everything that the service keeps about the person, as JSON. */
  export(db: Queryable, subject: Subject): Promise<object>;
  /**
   * Deletes or anonymizes what the service keeps about the person, in the transaction. Missing if it keeps none of the
   * person's own data. A second run finds nothing.
   * @throws Error that says why it cannot be erased now
   */
  erase?(tx: Queryable, subject: Subject): Promise<Erased>;
}

const requestSchema = z.strictObject({
  action: z.enum(['export', 'erase', 'try-erase']),
  subject: subjectSchema,
});

export type SubjectRequest = z.output<typeof requestSchema>;

/**
 * The program of a part: reads a request as JSON from stdin, and writes the answer as JSON to stdout. What it is about is
 * in no argument, for arguments are in the audit log of Kubernetes. Ends with code 1 and a message on stderr if it fails.
 */
export async function runSubjectProgram(part: SubjectPart): Promise<void> {
  try {
    const request = requestSchema.parse(JSON.parse(await text(process.stdin)));
    const files = databaseFiles(readConfig(databaseFileVariables, process.env));
    const database = openDatabase(files, createLog('customer', 'error', process.stderr), commandPoolSize);
    try {
      process.stdout.write(`${JSON.stringify(await answer(database, part, request))}\n`);
    } finally {
      await database.close();
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

export async function answer(
  database: Database,
  part: SubjectPart,
  { action, subject }: SubjectRequest,
): Promise<object> {
  if (action === 'export') return part.export(database, subject);
  const { erase } = part;
  if (!erase) return {};
  if (action === 'erase') return database.transaction((tx) => erase(tx, subject));
  return tryOut(database, (tx) => erase(tx, subject));
}

/** Does the work in a transaction that is rolled back, so that a dry run cannot differ from the real one. */
async function tryOut<Result extends object>(
  database: Database,
  work: (tx: Queryable) => Promise<Result>,
): Promise<Result> {
  const results: Result[] = [];
  const rollBack = new Error('This transaction is rolled back.');
  await database
    .transaction(async (tx) => {
      results.push(await work(tx));
      throw rollBack;
    })
    .catch((error: unknown) => {
      if (error !== rollBack) throw error;
    });
  return results[0] as Result;
}
