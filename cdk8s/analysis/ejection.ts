import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/**
 * Envoy ejects an endpoint only if the share of the ejected ones, that one included, is then no higher than
 * maxEjectionPercent: `100.0 * (ejected + 1) / endpoints <= max`. With few endpoints that never holds.
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
  return needed < 100 ? `At least ${needed} is needed.` : "Of a single one, only 'all' is.";
}

/** With every endpoint ejected all calls fail at once: fine where it is meant, and then it must say so. */
export function ejectsEverythingUnstated({ caller, callee, ejection }: EffectivePolicy): Problem[] {
  const max = ejection?.maxEjectionPercent;
  if (max === undefined || max === 'all' || max < 100) return [];
  return [
    {
      subject: `${caller}->${callee}`,
      value: `breaker.maxEjectionPercent = ${max}`,
      rule: 'ejects-everything-unstated',
      message:
        "every endpoint may be out at once, and all calls fail: say 'all' if that is meant, else a number below 100.",
    },
  ];
}

/** Endpoints come back at a review only. One that is ejected for less than the time between two stays out for longer than stated. */
export function ejectionOutlastsInterval({ caller, callee, ejection }: EffectivePolicy): Problem[] {
  if (!ejection || !(ejection.ejectionMs < ejection.intervalMs)) return [];
  return [
    {
      subject: `${caller}->${callee}`,
      value: `breaker.ejectionMs = ${ejection.ejectionMs}`,
      rule: 'ejection-outlasts-interval',
      message: `reviews come every ${ejection.intervalMs} ms, and nothing comes back in between: at least ${ejection.intervalMs} is right, or a shorter intervalMs.`,
    },
  ];
}
