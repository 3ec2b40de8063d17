import { describe, expect, test } from 'vitest';
import type { Replicas } from '../model/environment.ts';
import type { Limits } from '../model/model.ts';
import type { Breaker, DependencyPolicy, RpcPolicy } from '../model/policy.ts';
import { dependencyPolicy, exampleModel, examplePolicies, exampleTopology, retried } from '../testing/example.ts';
import { numbersInRange } from './numbers.ts';

const MAX = 2 ** 31 - 1;
const NOT_WHOLE = [0, -5, 1.5, MAX + 1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY];

function problemsOf({
  ask = retried,
  rest = {},
  replicas = { each: 1 },
  ...model
}: {
  ask?: RpcPolicy;
  rest?: Partial<DependencyPolicy>;
  replicas?: Replicas;
  limits?: Limits;
  topology?: ReturnType<typeof exampleModel>['topology'];
}): string[] {
  const policies = { ...examplePolicies, 'a->b': dependencyPolicy({ Ask: ask }, rest) };
  return numbersInRange(exampleModel({ policies, ...model }), [replicas]).map(
    ({ subject, value }) => `${subject} ${value}`,
  );
}

test('the example has no number out of range', () => {
  expect(problemsOf({})).toEqual([]);
});

test('a problem states the wrong value and the right ones', () => {
  expect(numbersInRange(exampleModel(), [{ each: 0 }])).toEqual([
    {
      subject: 'replicas',
      value: 'each = 0',
      rule: 'numbers-in-range',
      message: 'must be a whole number from 1 to 2147483647.',
    },
  ]);
});

describe.each(NOT_WHOLE)('%s', (value) => {
  test('is not a time, back-off or number of attempts of a call', () => {
    const retries = { ...retried.retries, attempts: value, perTryTimeoutMs: value, backoffMs: value };
    expect(problemsOf({ ask: { ...retried, timeoutMs: value, retries } })).toEqual(
      ['timeoutMs', 'retries.attempts', 'retries.backoffMs', 'retries.perTryTimeoutMs'].map(
        (name) => `a->b.Ask ${name} = ${value}`,
      ),
    );
    expect(problemsOf({ ask: { ...retried, timeoutMs: value, retries: { kind: 'never' } } })).toHaveLength(1);
  });

  test('is not a bound of a pool or a budget', () => {
    const pool = { connectTimeoutMs: value, maxConnections: value, maxRequests: value, maxPendingRequests: value };
    const retryBudget = { percent: value, minConcurrency: value };
    expect(problemsOf({ rest: { pool, retryBudget } })).toEqual([
      ...Object.keys(pool).map((name) => `a->b pool.${name} = ${value}`),
      ...Object.keys(retryBudget).map((name) => `a->b retryBudget.${name} = ${value}`),
    ]);
  });

  test('is not a number of a breaker', () => {
    const ejection = { intervalMs: value, ejectionMs: value, maxEjectionPercent: value };
    const breakers: Breaker[] = [
      { kind: 'consecutive', failures: value, ...ejection },
      { kind: 'failure-rate', percent: value, minRequests: value, ...ejection },
    ];
    expect(problemsOf({ rest: { breaker: breakers[0] ?? { kind: 'none' } } })).toHaveLength(4);
    expect(problemsOf({ rest: { breaker: breakers[1] ?? { kind: 'none' } } })).toHaveLength(5);
  });

  test('is not a number of pods or partitions, and not a latency budget', () => {
    expect(problemsOf({ replicas: { each: value, of: { a: value } } })).toEqual([
      `replicas each = ${value}`,
      `replicas of.a = ${value}`,
    ]);
    const interactions = exampleTopology.interactions.map((interaction) => ({
      ...interaction,
      decision: { ...interaction.decision, latencyBudgetMs: value },
    }));
    const topology = {
      ...exampleTopology,
      topics: { 'a.v1': { partitions: value, retentionDays: value } },
      interactions,
    };
    expect(problemsOf({ topology })).toEqual([
      ...['gateway->a', 'a->b', 'c->b', 'a->bank', 'a->a.v1->c'].map(
        (dependency) => `${dependency} decision.latencyBudgetMs = ${value}`,
      ),
      `a.v1 partitions = ${value}`,
      `a.v1 retentionDays = ${value}`,
    ]);
  });
});

test('1 and the largest count of Istio are in range', () => {
  for (const value of [1, MAX]) {
    const pool = { connectTimeoutMs: value, maxConnections: value, maxRequests: value, maxPendingRequests: value };
    expect(problemsOf({ rest: { pool } })).toEqual([]);
  }
});

test('a percentage is at most 100', () => {
  expect(problemsOf({ rest: { retryBudget: { percent: 100, minConcurrency: 101 } } })).toEqual([]);
  expect(problemsOf({ rest: { retryBudget: { percent: 101, minConcurrency: 101 } } })).toEqual([
    'a->b retryBudget.percent = 101',
  ]);
});

test('a value that is a word is not checked as a number', () => {
  const retries = { ...retried.retries, perTryTimeoutMs: 'rest-of-timeout' } as const;
  const ejection = { intervalMs: 1, ejectionMs: 1, maxEjectionPercent: 'all' } as const;
  const breaker = { kind: 'consecutive', failures: 1, ...ejection } as const;
  expect(problemsOf({ ask: { ...retried, retries }, rest: { breaker } })).toEqual([]);
});

test.each([
  { percent: 100, right: true },
  { percent: 99.95, right: true },
  { percent: 0.1, right: true },
  { percent: 0, right: false },
  { percent: 100.1, right: false },
  { percent: Number.NaN, right: false },
])('an availability of $percent % is right: $right', ({ percent, right }) => {
  const [first] = exampleTopology.interactions;
  const interactions = [{ ...first, decision: { ...first.decision, availabilityPercent: percent } }];
  const expected = right ? [] : [`gateway->a decision.availabilityPercent = ${percent}`];
  expect(problemsOf({ topology: { ...exampleTopology, interactions } })).toEqual(expected);
});

test.each([
  { limit: 1, right: true },
  { limit: 1.5, right: true },
  { limit: 0.99, right: false },
  { limit: Number.NaN, right: false },
  { limit: Number.POSITIVE_INFINITY, right: false },
])('a limit of $limit calls is right: $right', ({ limit, right }) => {
  const expected = right ? [] : [`limits worstCaseCalls = ${limit}`, `limits sustainedCalls = ${limit}`];
  expect(problemsOf({ limits: { worstCaseCalls: limit, sustainedCalls: limit } })).toEqual(expected);
});
