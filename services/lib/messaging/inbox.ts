import type { Queryable } from '../postgres/database.ts';
import { deleteInBatches } from '../postgres/delete-in-batches.ts';
import { defaultDeduplicationDays } from '../runtime/variables.ts';

/**
 * Deletes events that cannot be delivered again, because no topic keeps one for so long.
 * @param days since an event was received. Default: `defaultDeduplicationDays`
 * @returns the number of deleted events
 */
export function purgeInbox(db: Queryable, days = defaultDeduplicationDays): Promise<number> {
  const old = `SELECT event_id FROM inbox WHERE received_at < now() - interval '${days} days'`;
  return deleteInBatches(db, 'inbox', 'event_id', old);
}

/**
 * Records an event in the transaction of its effect. A duplicate is remembered as long as an event that comes now: the
 * topic will keep it as long.
 * @returns false for a duplicate, whose effect is in the database already
 */
export async function receiveOnce(tx: Queryable, eventId: string): Promise<boolean> {
  const { rows } = await tx.query<{ is_new: boolean }>(
    `INSERT INTO inbox (event_id) VALUES ($1) ON CONFLICT (event_id) DO UPDATE SET received_at = now()
     RETURNING xmax = 0 AS is_new`,
    [eventId],
  );
  return rows[0]?.is_new === true;
}
