import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

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
