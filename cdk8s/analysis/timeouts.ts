import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { mayHaveArrived } from './retries.ts';

/**
 * All attempts and the longest back-off between them must fit the call's timeout, or the last attempts never happen.
 * Attempts without a timeout of their own end early only by failing fast, so for them the back-off alone must leave
 * time.
 */
export function triesFitTimeout(dependency: EffectivePolicy): Problem[] {
  const { id, timeoutMs, maxAttempts, perTryTimeoutMs, longestBackoffMs } = dependency;
  if (timeoutMs === null || maxAttempts === 1) return [];
  const needMs = maxAttempts * (perTryTimeoutMs ?? 0) + longestBackoffMs;
  if (perTryTimeoutMs === null ? needMs < timeoutMs : needMs <= timeoutMs) return [];
  const per = perTryTimeoutMs === null ? `${maxAttempts} attempts` : `${maxAttempts} attempts of ${perTryTimeoutMs} ms`;
  return [
    {
      subject: id,
      value: `timeoutMs = ${timeoutMs}`,
      rule: 'attempts-fit-timeout',
      message: `${per} and up to ${longestBackoffMs} ms of back-off take ${needMs} ms: the last one never happens. Raise the timeout or ask for less.`,
    },
  ];
}

/** After the interaction's latency budget an answer is of no use, so the caller must not wait any longer. */
export function timeoutWithinBudget({ id, timeoutMs, latencyBudgetMs }: EffectivePolicy): Problem[] {
  if (timeoutMs !== null && !(timeoutMs > latencyBudgetMs)) return [];
  return [
    {
      subject: id,
      value: `timeoutMs = ${timeoutMs ?? 'none'}`,
      rule: 'timeout-within-budget',
      message: `after its decision's latencyBudgetMs the answer is of no use: use at most ${latencyBudgetMs} ms.`,
    },
  ];
}

/**
 * A callee that still works when its caller has given up may finish a call that the caller counts as failed.
 * `afterTimeout` must state this, and only a key makes it safe: the next attempt finds the result under the key. The
 * statement must be true.
 *
 * The callee may work for as long as the calls that it makes one after the other, each up to its timeout, and then for
 * as long as its database lets a statement that writes run. A partner may work for any time. A safe call leaves nothing
 * behind once its caller has gone, so it always counts as stopping.
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
      ? problem("a safe call leaves nothing behind, however long it goes on: state 'callee-stops'.")
      : [];
  }

  const workMs = dependency.external ? Number.POSITIVE_INFINITY : sumOfTimeoutsMs(next) + dependency.databaseMs;
  const attemptMs = shortestAttemptMs(dependency) ?? Number.POSITIVE_INFINITY;
  const why = dependency.external
    ? 'it is a partner, which the mesh cannot stop'
    : `its calls${dependency.databaseMs > 0 ? ' and its database' : ''} may take ${workMs} ms, and an attempt may end after ${attemptMs} ms`;
  if (workMs <= attemptMs) {
    return carriesOn ? problem(`it stops: ${why}. State 'callee-stops'.`) : [];
  }
  if (carriesOn && dependency.idempotency === 'by-key') return [];
  const needed =
    dependency.idempotency === 'by-key' ? "'callee-carries-on'" : "'callee-carries-on' with idempotency by-key";
  const otherwise = dependency.external ? '' : ', or give an attempt more time';
  return problem(`it may go on after its caller has given up: ${why}. State ${needed}${otherwise}.`);
}

function sumOfTimeoutsMs(dependencies: readonly EffectivePolicy[]): number {
  return dependencies.reduce((sum, { timeoutMs }) => sum + (timeoutMs ?? Number.POSITIVE_INFINITY), 0);
}

/**
 * The shortest time after which a caller gives up an attempt that reached the callee; null if it never gives up.
 *
 * An attempt with a timeout of its own has all of it (attempts-fit-timeout checks that). If attempts share the call's
 * timeout, a later one has what is left. After attempts that never arrived, that is all but the pauses and the time to
 * connect. After an attempt that arrived, it may be nothing, because the failure may have come at the end of the
 * timeout.
 */
function shortestAttemptMs(dependency: EffectivePolicy): number | null {
  const { timeoutMs, perTryTimeoutMs, maxAttempts, longestBackoffMs, pool } = dependency;
  if (perTryTimeoutMs !== null) return Math.min(perTryTimeoutMs, timeoutMs ?? perTryTimeoutMs);
  if (timeoutMs === null || maxAttempts === 1) return timeoutMs;
  if (mayHaveArrived(dependency).length > 0) return 0;
  return Math.max(0, timeoutMs - longestBackoffMs - (maxAttempts - 1) * (pool.connectTimeoutMs ?? timeoutMs));
}
