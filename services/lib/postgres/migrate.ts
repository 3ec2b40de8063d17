import type { Database } from './database.ts';

/** The number is ours: an advisory lock that only migrations take. */
const migrationLock = 7_219_001;

/**
 * Brings a database to the newest schema, once, by the first process that comes: replicas and orders-worker start side by side.
 * @param migrations SQL, oldest first; append only
 */
export async function migrate(database: Database, migrations: readonly string[]): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await tx.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await tx.query<{ version: number }>(
      'SELECT coalesce(max(version), 0) AS version FROM schema_migrations',
    );
    const applied = rows[0]?.version ?? 0;
    for (const [index, sql] of migrations.entries()) {
      if (index < applied) continue;
      await tx.query(sql);
      await tx.query('INSERT INTO schema_migrations (version) VALUES ($1)', [index + 1]);
    }
  });
}
