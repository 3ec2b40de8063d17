import type { Queryable } from './database.ts';

/** The number of rows per statement, so that no statement takes long, however many rows there are. */
const batchSize = 5_000;

/**
 * Deletes rows batch by batch.
 * @param select the ids to delete: `SELECT id FROM …`, without LIMIT
 * @returns the number of deleted rows
 */
export async function deleteInBatches(db: Queryable, table: string, id: string, select: string): Promise<number> {
  for (let deleted = 0; ; ) {
    const { rowCount } = await db.query(`DELETE FROM ${table} WHERE ${id} IN (${select} LIMIT ${batchSize})`);
    deleted += rowCount ?? 0;
    if (rowCount !== batchSize) return deleted;
  }
}
