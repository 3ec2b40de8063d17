import type { Queryable } from '../postgres/database.ts';

/** The events that had their effect here. */
export const inboxMigration = `
  CREATE TABLE inbox (
    event_id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
  )`;

/**
 * Marks an event as seen, in the transaction of its effect.
 * @returns false if it was seen before: it already had its effect
 */
export async function receiveOnce(tx: Queryable, eventId: string): Promise<boolean> {
  const { rowCount } = await tx.query('INSERT INTO inbox (event_id) VALUES ($1) ON CONFLICT DO NOTHING', [eventId]);
  return rowCount === 1;
}
