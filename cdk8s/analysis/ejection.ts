import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/**
 * Envoy ejects an endpoint only if the share of ejected endpoints, that one included, is then at most
 * maxEjectionPercent: `100.0 * (ejected + 1) / endpoints <= max`. With few endpoints this never holds.
 */
export function ejectionPossible({ caller, callee, endpoints, ejection }: EffectivePolicy): Problem[] {
  if (!ejection || ejection.maxEjectionPercent === 'all') return [];
  const max = ejection.maxEjectionPercent;
  return [...new Set(endpoints)]
    .filter((count) => 100 / count > max)
    .map((count) => ({
      subject: `${caller}->${callee}`,
      value: `breaker.maxEjectionPercent = ${max}`,
      rule: 'ejection-possible',
      message: `of ${count} endpoint(s) none can ever be ejected. ${rightFor(count)}`,
    }));
}

function rightFor(count: number): string {
  const needed = Math.ceil(100 / count);
  return needed < 100 ? `Use at least ${needed}.` : "For a single one use 'all'.";
}

/** If every endpoint is ejected, all calls fail at once. A policy that means this must state it. */
export function ejectsEverythingUnstated({ caller, callee, ejection }: EffectivePolicy): Problem[] {
  const max = ejection?.maxEjectionPercent;
  if (max === undefined || max === 'all' || max < 100) return [];
  return [
    {
      subject: `${caller}->${callee}`,
      value: `breaker.maxEjectionPercent = ${max}`,
      rule: 'ejects-everything-unstated',
      message:
        "every endpoint may be out at once, and all calls fail: use 'all' if that is meant, otherwise a number below 100.",
    },
  ];
}

/**
 * Endpoints come back only at a review. An ejection shorter than the time between two reviews lasts longer than stated.
 */
export function ejectionOutlastsInterval({ caller, callee, ejection }: EffectivePolicy): Problem[] {
  if (!ejection || !(ejection.ejectionMs < ejection.intervalMs)) return [];
  return [
    {
      subject: `${caller}->${callee}`,
      value: `breaker.ejectionMs = ${ejection.ejectionMs}`,
      rule: 'ejection-outlasts-interval',
      message: `reviews come every ${ejection.intervalMs} ms, and no endpoint comes back in between: use at least ${ejection.intervalMs}, or a shorter intervalMs.`,
    },
  ];
}
