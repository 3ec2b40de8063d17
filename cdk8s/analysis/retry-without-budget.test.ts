import { expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { retryWithoutBudget } from './retry-without-budget.ts';

test('retries without a budget are refused with what each call may become', () => {
  expect(retryWithoutBudget(effectivePolicy({ tries: 2, retryBudget: null }))).toEqual([
    {
      subject: 'a->b.Ask',
      value: 'retryBudget = none',
      rule: 'retry-without-budget',
      message: 'while the callee fails, each call becomes 2: state a budget, with its percent.',
    },
  ]);
});

test('with a budget, or without retries, there is nothing to refuse', () => {
  expect(retryWithoutBudget(effectivePolicy({ tries: 2 }))).toEqual([]);
  expect(retryWithoutBudget(effectivePolicy({ tries: 1, retryBudget: null }))).toEqual([]);
});
