import { describe, expect, test } from 'vitest';
import type { RetryCondition } from '../model/policy.ts';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { conditionCanHold, conditionsDiffer, retryWithoutBudget, slowAttemptsRetried } from './retries.ts';

describe('condition-can-hold', () => {
  const statuses = ['unavailable', 'cancelled', 'deadline-exceeded', 'resource-exhausted'] as const;
  const others: readonly RetryCondition[] = [
    ...(['connect-failure', 'refused-stream', 'reset-before-request'] as const),
    ...(['reset', 'gateway-error', '5xx'] as const),
  ];

  test.each(statuses)('%s never holds for an HTTP answer', (condition) => {
    const dependency = effectivePolicy({ protocol: 'http', maxAttempts: 2, conditions: ['reset', condition] });
    expect(conditionCanHold(dependency)).toEqual([
      {
        subject: 'a->b.Ask',
        value: `retries.conditions: ${condition}`,
        rule: 'condition-can-hold',
        message: 'an HTTP answer has no gRPC status: this condition never holds. Use gateway-error, 5xx or reset.',
      },
    ]);
  });

  test('every other condition can hold for HTTP, every one for gRPC', () => {
    expect(conditionCanHold(effectivePolicy({ protocol: 'http', maxAttempts: 2, conditions: others }))).toEqual([]);
    const all = [...others, ...statuses];
    expect(conditionCanHold(effectivePolicy({ protocol: 'grpc', maxAttempts: 2, conditions: all }))).toEqual([]);
  });

  test.each([
    [['gateway-error'] as const],
    [['5xx'] as const],
    [['gateway-error', '5xx'] as const],
    [['connect-failure', 'reset', 'gateway-error'] as const],
  ])('%s sees no failed gRPC call, which is an answer with status 200', (conditions) => {
    const problems = conditionCanHold(effectivePolicy({ protocol: 'grpc', maxAttempts: 2, conditions }));
    const seen = conditions.filter((condition) => ['gateway-error', '5xx'].includes(condition));
    expect(problems.map(({ value }) => value)).toEqual(seen.map((condition) => `retries.conditions: ${condition}`));
    expect(problems[0]?.message).toContain('Use unavailable');
    expect(conditionCanHold(effectivePolicy({ protocol: 'http', maxAttempts: 2, conditions }))).toEqual([]);
  });

  test('retries on nothing are rejected, because Istio would fill in its own conditions', () => {
    expect(conditionCanHold(effectivePolicy({ maxAttempts: 2, conditions: [] }))).toMatchObject([
      { value: 'retries.conditions: none', message: expect.stringContaining("state 'never'") },
    ]);
  });

  test('without retries there is nothing to check', () => {
    expect(conditionCanHold(effectivePolicy({ protocol: 'http', maxAttempts: 1, conditions: statuses }))).toEqual([]);
  });
});

test('a condition that is stated twice is named once', () => {
  const conditions = ['reset', 'unavailable', 'reset', 'reset'] as const;
  expect(conditionsDiffer(effectivePolicy({ maxAttempts: 2, conditions }))).toMatchObject([
    { subject: 'a->b.Ask', value: 'retries.conditions: reset', rule: 'conditions-differ' },
  ]);
  expect(conditionsDiffer(effectivePolicy({ maxAttempts: 2, conditions: ['reset', 'unavailable'] }))).toEqual([]);
});

describe('slow-attempts-retried', () => {
  const slow = (...conditions: RetryCondition[]) =>
    effectivePolicy({ maxAttempts: 3, perTryTimeoutMs: 200, conditions: ['unavailable', ...conditions] });

  test.each([['reset'], ['gateway-error'], ['5xx'], ['deadline-exceeded']] as const)(
    '%s alone covers only one of the two ends that a timed-out gRPC attempt has',
    (condition) => {
      expect(slowAttemptsRetried(slow(condition))).toEqual([
        {
          subject: 'a->b.Ask',
          value: `retries.conditions: unavailable, ${condition}`,
          rule: 'slow-attempts-retried',
          message:
            'an attempt that takes over 200 ms ends in a reset or in deadline-exceeded, by chance: state both or neither.',
        },
      ]);
    },
  );

  test('a policy may have both conditions or neither', () => {
    expect(slowAttemptsRetried(slow('reset', 'deadline-exceeded'))).toEqual([]);
    expect(slowAttemptsRetried(slow())).toEqual([]);
  });

  test('without a timeout per attempt, without a retry, or for HTTP, an attempt can end in one way only', () => {
    expect(slowAttemptsRetried({ ...slow('reset'), perTryTimeoutMs: null })).toEqual([]);
    expect(slowAttemptsRetried({ ...slow('reset'), maxAttempts: 1 })).toEqual([]);
    expect(slowAttemptsRetried({ ...slow('reset'), protocol: 'http' })).toEqual([]);
  });
});

describe('retry-without-budget', () => {
  test('retries without a budget are rejected with what each call may become', () => {
    expect(retryWithoutBudget(effectivePolicy({ maxAttempts: 2, retryBudget: null }))).toEqual([
      {
        subject: 'a->b.Ask',
        value: 'retryBudget = none',
        rule: 'retry-without-budget',
        message: 'while the callee fails, each call becomes 2: state a budget, with its percent.',
      },
    ]);
  });

  test('with a budget, or without retries, there is nothing to reject', () => {
    expect(retryWithoutBudget(effectivePolicy({ maxAttempts: 2 }))).toEqual([]);
    expect(retryWithoutBudget(effectivePolicy({ maxAttempts: 1, retryBudget: null }))).toEqual([]);
  });
});
