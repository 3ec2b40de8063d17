import { join } from 'node:path';
import { receiveOnce } from '../lib/messaging/inbox.ts';
import type { Database, Queryable } from '../lib/postgres/database.ts';
import { deleteInBatches } from '../lib/postgres/delete-in-batches.ts';

export const migrations = join(import.meta.dirname, 'migrations');

/** An e-mail that a real service would send. `kind` is the event that it reports: `order.placed`. */
export interface Email {
  readonly orderId: string;
  readonly customerId: string;
  readonly kind: string;
}

/**
 * Records an event's e-mail once, however often the event is delivered.
 * @returns false for a duplicate event
 */
export function recordEmail(database: Database, eventId: string, email: Email): Promise<boolean> {
  return database.transaction(async (tx) => {
    if (!(await receiveOnce(tx, eventId))) return false;
    await tx.query('INSERT INTO emails (order_id, customer_id, kind) VALUES ($1, $2, $3)', [
      email.orderId,
      email.customerId,
      email.kind,
    ]);
    return true;
  });
}

/** An order's e-mails, oldest first. */
export async function readEmails(db: Queryable, orderId: string): Promise<{ kind: string; at: string }[]> {
  const { rows } = await db.query<{ kind: string; at: Date }>(
    'SELECT kind, at FROM emails WHERE order_id = $1 ORDER BY id',
    [orderId],
  );
  return rows.map(({ kind, at }) => ({ kind, at: at.toISOString() }));
}

export async function resetEmails(db: Queryable): Promise<void> {
  await db.query('TRUNCATE emails, inbox');
}

export const emailsKeptDays = 30;

/** Deletes the records of e-mails that were sent long ago. */
export function purgeEmails(db: Queryable): Promise<number> {
  const old = `SELECT id FROM emails WHERE at < now() - interval '${emailsKeptDays} days'`;
  return deleteInBatches(db, 'emails', 'id', old);
}
