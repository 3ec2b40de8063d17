import { loadMigrationFiles } from 'postgres-migrations';
import type { Log } from '../observability/log.ts';

/** A migration as postgres-migrations numbers and names it: `0012_notes.sql` is `{ id: 12, name: 'notes' }`. */
export interface MigrationName {
  readonly id: number;
  readonly name: string;
}

/** A database has migrations that this release does not know and cannot run with. Only another release helps. */
class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
}

/**
 * Compares what is applied with the files of this release.
 * @param query runs a statement on the database
 * @param folder of the release's migrations
 * @returns the migrations that the database lacks
 * @throws NewerSchemaError if this release cannot run on what a newer one has applied
 */
export async function compareSchema(
  query: (sql: string) => Promise<{ readonly rows: unknown[] }>,
  folder: string,
  log: Log,
): Promise<readonly MigrationName[]> {
  const files = await loadMigrationFiles(folder);
  const { rows: tables } = await query("SELECT 1 FROM pg_tables WHERE tablename = 'migrations'");
  if (tables.length === 0) return files;
  const { rows } = await query('SELECT id, name FROM migrations ORDER BY id');
  const applied = rows as MigrationName[];
  const newer = checkNewerMigrations(applied, files.at(-1)?.id ?? 0);
  if (newer.length > 0)
    log.warn({ migrations: newer.map(({ name }) => name) }, 'the schema is newer than this release, and fits it');
  return files.filter(({ id }) => !applied.some((one) => one.id === id));
}

/**
 * Migrations that a newer release has applied are compatible with this one, because they only add (expand), unless their
 * file says otherwise: `0012_contract_after_0011_notes.sql` removes something, and only releases that know migration
 * 0011 can run without it.
 *
 * @param known the newest migration that this release knows
 * @returns the applied migrations that this release does not know, for the log
 * @throws NewerSchemaError that names the migration and both releases' newest numbers
 */
function checkNewerMigrations(applied: readonly MigrationName[], known: number): readonly MigrationName[] {
  const newer = applied.filter(({ id }) => id > known);
  const foreign = newer.find(({ name }) => isContract(name) && neededBy(name) > known);
  if (foreign) {
    const newest = Math.max(...newer.map(({ id }) => id));
    const needed = neededBy(foreign.name);
    throw new NewerSchemaError(
      `the schema is newer than this release and does not fit it: the database has migrations up to ${pad(newest)}, ` +
        `this release knows them up to ${pad(known)}, and ${pad(foreign.id)}_${foreign.name} needs a release that knows ` +
        `${Number.isFinite(needed) ? pad(needed) : 'it'}. Deploy such a release; going back further needs a restored database`,
    );
  }
  return newer;
}

/** Whether a migration removes or changes something that older releases use. */
export function isContract(name: string): boolean {
  return /^contract(_|$)/.test(name);
}

/** The migration that a release must know to run after a contract. Without a number: the contract itself. */
export function neededBy(name: string): number {
  return Number(name.match(/^contract_after_(\d+)(_|$)/)?.[1] ?? Number.POSITIVE_INFINITY);
}

function pad(id: number): string {
  return String(id).padStart(4, '0');
}
