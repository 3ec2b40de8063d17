import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/** Nobody needs an answer later than the interaction's latency budget: the caller must not wait for it any longer. */
export function timeoutWithinBudget({ id, timeoutMs, latencyBudgetMs }: EffectivePolicy): Problem[] {
  if (timeoutMs !== null && !(timeoutMs > latencyBudgetMs)) return [];
  return [
    {
      subject: id,
      value: `timeoutMs = ${timeoutMs ?? 'none'}`,
      rule: 'timeout-within-budget',
      message: `after the ${latencyBudgetMs} ms of its decision's latencyBudgetMs the answer is of no use: at most that is right.`,
    },
  ];
}
