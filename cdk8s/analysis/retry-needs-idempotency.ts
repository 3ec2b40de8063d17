import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { mayHaveArrived, NEVER_ARRIVED } from './retry-conditions.ts';

/** A call that must not run twice may be tried again only where it surely has not run. */
export function retryNeedsIdempotency(dependency: EffectivePolicy): Problem[] {
  if (dependency.idempotency !== 'none' || dependency.tries === 1) return [];
  return mayHaveArrived(dependency).map((condition) => ({
    subject: dependency.id,
    value: `retries.conditions: ${condition}`,
    rule: 'retry-needs-idempotency',
    message: `the callee may have done its work, and would do it twice. Only ${NEVER_ARRIVED.join(', ')} are right without idempotency.`,
  }));
}
