import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/** Istio bounds parallel retries at 2^32-1, which is no bound: without a budget every failing call becomes `tries` calls. */
export function retryWithoutBudget({ id, tries, retryBudget }: EffectivePolicy): Problem[] {
  if (tries === 1 || retryBudget !== null) return [];
  return [
    {
      subject: id,
      value: 'retryBudget = none',
      rule: 'retry-without-budget',
      message: `while the callee fails, each call becomes ${tries}: state a budget, with its percent.`,
    },
  ];
}
