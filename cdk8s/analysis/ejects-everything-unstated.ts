import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

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
