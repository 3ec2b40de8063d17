import type { Queryable } from '../postgres/database.ts';

/** The events that had their effect here. */
export const inboxMigration = `
  CREATE TABLE inbox (
    event_id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
  )`;

/** So that purging reads what it deletes, and no more. Append-only, as all migrations. */
export const inboxRetentionMigration = 'CREATE INDEX inbox_by_age ON inbox (received_at)';

/** Longer than any topic keeps its events (7 days): what is forgotten can not come again. */
const retention = '8 days';

/** As many at once: no statement takes long, however much there is. */
const purgedAtOnce = 10_000;

/** Forgets what can not come again. @returns how many events */
export async function purgeInbox(db: Queryable): Promise<number> {
  for (let purged = 0; ; ) {
    const { rowCount } = await db.query(
      `DELETE FROM inbox WHERE event_id IN
         (SELECT event_id FROM inbox WHERE received_at < now() - interval '${retention}' LIMIT ${purgedAtOnce})`,
    );
    purged += rowCount ?? 0;
    if (rowCount !== purgedAtOnce) return purged;
  }
}

/**
 * Marks an event as seen, in the transaction of its effect.
 * @returns false if it was seen before: it already had its effect
 */
export async function receiveOnce(tx: Queryable, eventId: string): Promise<boolean> {
  const { rowCount } = await tx.query('INSERT INTO inbox (event_id) VALUES ($1) ON CONFLICT DO NOTHING', [eventId]);
  return rowCount === 1;
}
