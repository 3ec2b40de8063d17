import type { Database } from '../lib/postgres/database.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';

/** An arbitrary number for the advisory lock of rebuilds. Nothing else uses it. */
const rebuildLock = 7_219_003;

/**
 * One day less than the topic keeps events, so that no event expires between the deletion of its fact and the replay.
 */
export const replayableDays = 6;

/**
 * Rebuilds the facts: deletes them and replays the topic. The consumer may continue: an event that it handles after the
 * deletion is in the inbox, and an event that it handled before is in the topic. Facts that are older than the events
 * in the topic stay as they are. The totals are counted again.
 *
 * @param replay passes each event of the topic, up to the topic's end at the time of the call, to the projection
 * @throws DomainError `in-flight` if another rebuild is under way; then nothing was changed
 */
export function rebuildFacts<Result>(database: Database, replay: () => Promise<Result>): Promise<Result> {
  // A session, not a transaction: Postgres ends a transaction that is idle for longer than a replay may take.
  return database.session(async (holder) => {
    const { rows } = await holder.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [rebuildLock]);
    if (!rows[0]?.taken) throw new DomainError('in-flight', 'Another rebuild is under way.');
    try {
      await deleteFacts(database);
      return await replay();
    } finally {
      // The end of the session also releases the lock, but only after this process has continued.
      await holder.query('SELECT pg_advisory_unlock($1)', [rebuildLock]).catch(() => undefined);
    }
  });
}

function deleteFacts(database: Database): Promise<void> {
  return database.transaction(async (tx) => {
    // The inbox first, as in the projection: in the opposite order, the two could deadlock.
    await tx.query('TRUNCATE inbox');
    await tx.query("SET LOCAL windlass.without_totals = 'on'");
    await tx.query('DELETE FROM order_facts WHERE placed_at IS NULL OR placed_at > now() - make_interval(days => $1)', [
      replayableDays,
    ]);
    await tx.query('SELECT recount_order_facts()');
  });
}
