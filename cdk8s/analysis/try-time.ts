import type { EffectivePolicy } from './effective-policy.ts';
import { mayHaveArrived } from './retry-conditions.ts';

/**
 * The least time that a try which reached the callee has before its caller gives it up; null where that never happens.
 *
 * Tries with a time of their own have all of it (tries-fit-timeout sees to that). Of tries that share the timeout, a later one
 * has what is left: after failures that came at once or, never having arrived, with the end of the time to connect, all but
 * that and the pauses; after an answer, which may come late, perhaps nothing.
 */
export function shortestTryMs(dependency: EffectivePolicy): number | null {
  const { timeoutMs, perTryTimeoutMs, tries, longestBackoffMs, pool } = dependency;
  if (perTryTimeoutMs !== null) return Math.min(perTryTimeoutMs, timeoutMs ?? perTryTimeoutMs);
  if (timeoutMs === null || tries === 1) return timeoutMs;
  if (mayHaveArrived(dependency).length > 0) return 0;
  return Math.max(0, timeoutMs - longestBackoffMs - (tries - 1) * (pool.connectTimeoutMs ?? timeoutMs));
}
