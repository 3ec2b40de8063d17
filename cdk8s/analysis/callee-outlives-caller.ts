import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { shortestTryMs } from './try-time.ts';

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
