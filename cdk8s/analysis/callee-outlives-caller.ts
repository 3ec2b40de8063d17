import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';
import type { EffectiveEdge } from './effective-policy.ts';
import { shortestTryMs } from './try-time.ts';

/**
 * A callee that still works when its caller has given up may finish what the caller takes for failed. It must be stated, and
 * only a key makes it safe: the next try finds the result under it. It must also be true.
 *
 * The callee may go on for as long as the calls that it makes one after the other, each up to its timeout; a partner for
 * as long as it likes. Of a safe call nothing is left once its caller has gone, however long it goes on: it always stops.
 */
export function calleeOutlivesCaller({ calls }: CallGraph): Problem[] {
  return [...calls.values()].flatMap((edge) => {
    const next = callsOf(edge, calls);
    // Without all policies nothing can be said; other rules name what is missing.
    return next.length === edge.calls.length ? check(edge, next) : [];
  });
}

function check(edge: EffectiveEdge, next: readonly EffectiveEdge[]): Problem[] {
  const problem = (message: string): Problem[] => [
    { edge: edge.id, value: `afterTimeout = ${edge.afterTimeout}`, rule: 'callee-outlives-caller', message },
  ];
  const carriesOn = edge.afterTimeout === 'callee-carries-on';
  if (edge.idempotency === 'safe') {
    return carriesOn
      ? problem("a safe call leaves nothing behind, however long it goes on: 'callee-stops' is right.")
      : [];
  }

  const workMs = edge.external ? Number.POSITIVE_INFINITY : sumOfTimeoutsMs(next);
  const tryMs = shortestTryMs(edge) ?? Number.POSITIVE_INFINITY;
  const why = edge.external
    ? 'it is a partner, and nobody here can stop it'
    : `its calls may take ${workMs} ms, and a try may end after ${tryMs} ms`;
  if (workMs <= tryMs) {
    return carriesOn ? problem(`it stops: ${why}. 'callee-stops' is right.`) : [];
  }
  if (carriesOn && edge.idempotency === 'by-key') return [];
  const needed = edge.idempotency === 'by-key' ? "'callee-carries-on'" : "'callee-carries-on' with idempotency by-key";
  const otherwise = edge.external ? '' : ', or more time for a try';
  return problem(`it may go on after its caller has given up: ${why}. Right is ${needed}${otherwise}.`);
}

function sumOfTimeoutsMs(edges: readonly EffectiveEdge[]): number {
  return edges.reduce((sum, { timeoutMs }) => sum + (timeoutMs ?? Number.POSITIVE_INFINITY), 0);
}
