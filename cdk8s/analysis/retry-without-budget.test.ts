import { expect, test } from 'vitest';
import { effectiveEdge } from '../testing/effective-policy.ts';
import { retryWithoutBudget } from './retry-without-budget.ts';

test('retries without a budget are refused with what each call may become', () => {
  expect(retryWithoutBudget(effectiveEdge({ tries: 2, retryBudget: null }))).toEqual([
    {
      edge: 'a->b.Ask',
      value: 'retryBudget = none',
      rule: 'retry-without-budget',
      message: 'while the callee fails, each call becomes 2: state a budget, with its percent.',
    },
  ]);
});

test('with a budget, or without retries, there is nothing to refuse', () => {
  expect(retryWithoutBudget(effectiveEdge({ tries: 2 }))).toEqual([]);
  expect(retryWithoutBudget(effectiveEdge({ tries: 1, retryBudget: null }))).toEqual([]);
});
