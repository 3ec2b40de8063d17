import type { Database } from '../lib/postgres/database.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';

/** The number is ours: an advisory lock that only rebuilds take. */
const rebuildLock = 7_219_003;

/** The topic keeps seven. A day less, so that nothing is forgotten that the topic forgets a moment later. */
const replayableDays = 6;

/**
 * Forgets the facts and has the topic replayed. The consumer may go on meanwhile: an event that it handles after the
 * forgetting is in the inbox, and one that it handled before is in the topic. What is older than the topic is sure to reach
 * back stays as it is.
 *
 * @param replay hands each event of the topic, up to its end when called, to the projection
 * @throws DomainError `in-flight` if another rebuild is under way: nothing was changed
 */
export function rebuildFacts<Result>(database: Database, replay: () => Promise<Result>): Promise<Result> {
  return database.transaction(async (holder) => {
    const { rows } = await holder.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
      rebuildLock,
    ]);
    if (!rows[0]?.taken) throw new DomainError('in-flight', 'Another rebuild is under way.');
    await forgetFacts(database);
    return replay();
  });
}

function forgetFacts(database: Database): Promise<void> {
  return database.transaction(async (tx) => {
    // First the inbox, as the projection does: the other way round the two could wait for each other.
    await tx.query('TRUNCATE inbox');
    await tx.query('DELETE FROM order_facts WHERE placed_at IS NULL OR placed_at > now() - make_interval(days => $1)', [
      replayableDays,
    ]);
  });
}
