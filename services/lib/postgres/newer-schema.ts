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
 * Migrations that a newer release has applied are compatible with this one, because they only add (expand), unless their
 * file says otherwise: `0012_contract_after_0011_notes.sql` removes something, and only releases that know migration
 * 0011 can run without it.
 *
 * @param known the newest migration that this release knows
 * @returns the applied migrations that this release does not know, for the log
 * @throws NewerSchemaError that names the migration and both releases' newest numbers
 */
export function checkNewerMigrations(applied: readonly MigrationName[], known: number): readonly MigrationName[] {
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
