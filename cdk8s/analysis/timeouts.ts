import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { mayHaveArrived } from './retries.ts';

/**
 * All tries and the longest back-off between them must fit the call's timeout, or the last tries never happen.
 * Tries without a time of their own end early only by failing fast: of them, the back-off alone must leave time.
 */
export function triesFitTimeout(dependency: EffectivePolicy): Problem[] {
  const { id, timeoutMs, tries, perTryTimeoutMs, longestBackoffMs } = dependency;
  if (timeoutMs === null || tries === 1) return [];
  const needMs = tries * (perTryTimeoutMs ?? 0) + longestBackoffMs;
  if (perTryTimeoutMs === null ? needMs < timeoutMs : needMs <= timeoutMs) return [];
  const per = perTryTimeoutMs === null ? `${tries} tries` : `${tries} tries of ${perTryTimeoutMs} ms`;
  return [
    {
      subject: id,
      value: `timeoutMs = ${timeoutMs}`,
      rule: 'tries-fit-timeout',
      message: `${per} and up to ${longestBackoffMs} ms of back-off take ${needMs} ms: the last never happen. Raise the timeout or ask for less.`,
    },
  ];
}

/** Nobody needs an answer later than the interaction's latency budget: the caller must not wait for it any longer. */
export function timeoutWithinBudget({ id, timeoutMs, latencyBudgetMs }: EffectivePolicy): Problem[] {
  if (timeoutMs !== null && !(timeoutMs > latencyBudgetMs)) return [];
  return [
    {
      subject: id,
      value: `timeoutMs = ${timeoutMs ?? 'none'}`,
      rule: 'timeout-within-budget',
      message: `after the ${latencyBudgetMs} ms of its decision's latencyBudgetMs the answer is of no use: at most that is right.`,
    },
  ];
}

/**
 * A callee that still works when its caller has given up may finish what the caller takes for failed. It must be stated, and
 * only a key makes it safe: the next try finds the result under it. It must also be true.
 *
 * The callee may go on for as long as the calls that it makes one after the other, each up to its timeout; a partner for
 * as long as it likes. Of a safe call nothing is left once its caller has gone, however long it goes on: it always stops.
 */
export function calleeOutlivesCaller({ calls }: CallGraph): Problem[] {
  return [...calls.values()].flatMap((dependency) => {
    const next = callsOf(dependency, calls);
    // Without all policies nothing can be said; other rules name what is missing.
    return next.length === dependency.calls.length ? check(dependency, next) : [];
  });
}

function check(dependency: EffectivePolicy, next: readonly EffectivePolicy[]): Problem[] {
  const problem = (message: string): Problem[] => [
    {
      subject: dependency.id,
      value: `afterTimeout = ${dependency.afterTimeout}`,
      rule: 'callee-outlives-caller',
      message,
    },
  ];
  const carriesOn = dependency.afterTimeout === 'callee-carries-on';
  if (dependency.idempotency === 'safe') {
    return carriesOn
      ? problem("a safe call leaves nothing behind, however long it goes on: 'callee-stops' is right.")
      : [];
  }

  const workMs = dependency.external ? Number.POSITIVE_INFINITY : sumOfTimeoutsMs(next);
  const tryMs = shortestTryMs(dependency) ?? Number.POSITIVE_INFINITY;
  const why = dependency.external
    ? 'it is a partner, and nobody here can stop it'
    : `its calls may take ${workMs} ms, and a try may end after ${tryMs} ms`;
  if (workMs <= tryMs) {
    return carriesOn ? problem(`it stops: ${why}. 'callee-stops' is right.`) : [];
  }
  if (carriesOn && dependency.idempotency === 'by-key') return [];
  const needed =
    dependency.idempotency === 'by-key' ? "'callee-carries-on'" : "'callee-carries-on' with idempotency by-key";
  const otherwise = dependency.external ? '' : ', or more time for a try';
  return problem(`it may go on after its caller has given up: ${why}. Right is ${needed}${otherwise}.`);
}

function sumOfTimeoutsMs(dependencies: readonly EffectivePolicy[]): number {
  return dependencies.reduce((sum, { timeoutMs }) => sum + (timeoutMs ?? Number.POSITIVE_INFINITY), 0);
}

/**
 * The least time that a try which reached the callee has before its caller gives it up; null where that never happens.
 *
 * Tries with a time of their own have all of it (tries-fit-timeout sees to that). Of tries that share the timeout, a later one
 * has what is left: after failures that came at once or, never having arrived, with the end of the time to connect, all but
 * that and the pauses; after an answer, which may come late, perhaps nothing.
 */
function shortestTryMs(dependency: EffectivePolicy): number | null {
  const { timeoutMs, perTryTimeoutMs, tries, longestBackoffMs, pool } = dependency;
  if (perTryTimeoutMs !== null) return Math.min(perTryTimeoutMs, timeoutMs ?? perTryTimeoutMs);
  if (timeoutMs === null || tries === 1) return timeoutMs;
  if (mayHaveArrived(dependency).length > 0) return 0;
  return Math.max(0, timeoutMs - longestBackoffMs - (tries - 1) * (pool.connectTimeoutMs ?? timeoutMs));
}
