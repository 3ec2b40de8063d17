import { join } from 'node:path';
import { receiveOnce } from '../lib/messaging/inbox.ts';
import type { Database, Queryable } from '../lib/postgres/database.ts';

/**
 * The schema of the facts: one row for each order. Events may arrive in any order, so every column except the key is
 * null until its event arrives.
 */
export const migrations = join(import.meta.dirname, 'migrations');

/** The facts of an order.placed event. */
export interface Placing {
  readonly orderId: string;
  readonly placedAt: Date;
  readonly totalMinor: bigint;
  /** ISO 4217. */
  readonly currency: string;
}

/** @returns false for a duplicate event */
export function recordPlacing(database: Database, eventId: string, placing: Placing): Promise<boolean> {
  return once(database, eventId, (tx) =>
    tx.query(
      `INSERT INTO order_facts (order_id, placed_at, total_minor, currency) VALUES ($1, $2, $3, $4)
       ON CONFLICT (order_id) DO UPDATE
       SET placed_at = excluded.placed_at, total_minor = excluded.total_minor, currency = excluded.currency`,
      [placing.orderId, placing.placedAt, placing.totalMinor, placing.currency],
    ),
  );
}

/** The facts of an order.fulfilled or order.cancelled event. */
export interface Ending {
  readonly orderId: string;
  readonly outcome: 'fulfilled' | 'cancelled';
  /** Why it was cancelled. */
  readonly reason?: string;
  readonly endedAt: Date;
}

/** @returns false for a duplicate event */
export function recordEnding(database: Database, eventId: string, ending: Ending): Promise<boolean> {
  return once(database, eventId, (tx) =>
    tx.query(
      `INSERT INTO order_facts (order_id, outcome, reason, ended_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (order_id) DO UPDATE
       SET outcome = excluded.outcome, reason = excluded.reason, ended_at = excluded.ended_at`,
      [ending.orderId, ending.outcome, ending.reason ?? null, ending.endedAt],
    ),
  );
}

function once(database: Database, eventId: string, record: (tx: Queryable) => Promise<unknown>): Promise<boolean> {
  return database.transaction(async (tx) => {
    if (!(await receiveOnce(tx, eventId))) return false;
    await record(tx);
    return true;
  });
}

export async function resetFacts(db: Queryable): Promise<void> {
  await db.query('TRUNCATE inbox, order_facts');
}

/** Statistics list at most the minutes of a day. */
export const minutesKeptDays = 2;

/** Deletes the totals of minutes that nobody can ask for any more. Those of all time stay. */
export async function purgeMinutes(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM order_totals WHERE minute > '-infinity' AND minute < now() - interval '${minutesKeptDays} days'`,
  );
}
