import type { Queryable } from '../postgres/database.ts';
import { deleteInBatches } from '../postgres/delete-in-batches.ts';

/** Longer than any topic keeps its events (7 days): what is forgotten cannot come again. */
const retention = '8 days';

/** Forgets what cannot come again. @returns how many events */
export function purgeInbox(db: Queryable): Promise<number> {
  const old = `SELECT event_id FROM inbox WHERE received_at < now() - interval '${retention}'`;
  return deleteInBatches(db, 'inbox', 'event_id', old);
}

/**
 * Marks an event as seen, in the transaction of its effect.
 * @returns false if it was seen before: it already had its effect
 */
export async function receiveOnce(tx: Queryable, eventId: string): Promise<boolean> {
  const { rowCount } = await tx.query('INSERT INTO inbox (event_id) VALUES ($1) ON CONFLICT DO NOTHING', [eventId]);
  return rowCount === 1;
}
