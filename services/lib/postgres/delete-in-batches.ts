import type { Queryable } from './database.ts';

/** The number of rows per statement, so that no statement takes long, however many rows there are. */
const batchSize = 5_000;

/**
 * Deletes rows batch by batch.
 * @param select the ids to delete: `SELECT id FROM …`, without LIMIT
 * @returns the number of deleted rows
 */
export function deleteInBatches(db: Queryable, table: string, id: string, select: string): Promise<number> {
  return untilPartial(batchSize, async () => {
    const { rowCount } = await db.query(`DELETE FROM ${table} WHERE ${id} IN (${select} LIMIT ${batchSize})`);
    return rowCount ?? 0;
  });
}

/**
 * Deletes batches until one is smaller than its size.
 * @param deleteBatch deletes that many at most, and returns how many it has deleted
 * @returns the sum
 */
export async function untilPartial(size: number, deleteBatch: () => Promise<number>): Promise<number> {
  for (let deleted = 0; ; ) {
    const count = await deleteBatch();
    deleted += count;
    if (count !== size) return deleted;
  }
}
