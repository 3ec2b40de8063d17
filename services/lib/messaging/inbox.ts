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
 * Records an event in the transaction of its effect.
 * @returns false for a duplicate, whose effect is in the database already
 */
export async function receiveOnce(tx: Queryable, eventId: string): Promise<boolean> {
  const { rowCount } = await tx.query('INSERT INTO inbox (event_id) VALUES ($1) ON CONFLICT DO NOTHING', [eventId]);
  return rowCount === 1;
}
