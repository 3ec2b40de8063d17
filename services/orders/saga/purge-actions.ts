import type { Queryable } from '../../lib/postgres/database.ts';
import { deleteInBatches } from '../../lib/postgres/delete-in-batches.ts';

export const actionsKeptDays = 400;

/** Deletes what operators did to orders more than a year ago. A repeat whose call is not made yet stays. */
export function purgeActions(db: Queryable): Promise<number> {
  const old = `SELECT id FROM order_actions WHERE at < now() - interval '${actionsKeptDays} days'
    AND (action <> 'repeat' OR done_at IS NOT NULL)`;
  return deleteInBatches(db, 'order_actions', 'id', old);
}
