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
