import { expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { timeoutWithinBudget } from './timeout-within-budget.ts';

test('a timeout may be all of the latency budget', () => {
  expect(timeoutWithinBudget(effectivePolicy({ timeoutMs: 300, latencyBudgetMs: 300 }))).toEqual([]);
});

test('a millisecond more is refused with the budget', () => {
  expect(timeoutWithinBudget(effectivePolicy({ timeoutMs: 301, latencyBudgetMs: 300 }))).toEqual([
    {
      subject: 'a->b.Ask',
      value: 'timeoutMs = 301',
      rule: 'timeout-within-budget',
      message: "after the 300 ms of its decision's latencyBudgetMs the answer is of no use: at most that is right.",
    },
  ]);
});

test('no timeout is within no budget', () => {
  expect(timeoutWithinBudget(effectivePolicy({ timeoutMs: null }))).toMatchObject([{ value: 'timeoutMs = none' }]);
});
