import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { GRPC_ONLY } from './retry-conditions.ts';

/** A retry that is stated must be able to happen: an HTTP answer has no gRPC status, and no condition is no retry. */
export function conditionCanHold({ id, protocol, tries, conditions }: EffectivePolicy): Problem[] {
  if (tries === 1) return [];
  const rule = 'condition-can-hold';
  if (conditions.length === 0) {
    const message =
      "without a condition there is no retry, and Istio would fill its own in: name some, or say 'never'.";
    return [{ subject: id, value: 'retries.conditions: none', rule, message }];
  }
  return conditions
    .filter((condition) => protocol === 'http' && GRPC_ONLY.includes(condition))
    .map((condition) => ({
      subject: id,
      value: `retries.conditions: ${condition}`,
      rule,
      message: 'an HTTP answer has no gRPC status: this never holds. gateway-error, 5xx and reset do.',
    }));
}
