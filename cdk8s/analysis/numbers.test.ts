import { describe, expect, test } from 'vitest';
import type { Replicas } from '../model/environment.ts';
import type { Limits } from '../model/model.ts';
import type { Breaker, DependencyPolicy, Policies, RpcPolicy } from '../model/policy.ts';
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

function messagesOf(policies: Policies): string[] {
  const changed = exampleModel({ policies: { ...examplePolicies, ...policies } });
  return numbersInRange(changed, []).map(({ message }) => message);
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
      message: 'must be a whole number from 1 to 1000: every caller keeps connections to all of them.',
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
      topics: { 'a.v1': { partitions: value, retentionDays: value, segmentHours: value } },
      deduplicationDays: value,
      interactions,
    };
    expect(problemsOf({ topology })).toEqual([
      ...['gateway->a', 'a->b', 'c->b', 'a->bank', 'a->a.v1->c'].map(
        (dependency) => `${dependency} decision.latencyBudgetMs = ${value}`,
      ),
      `topics deduplicationDays = ${value}`,
      `a.v1 partitions = ${value}`,
      `a.v1 retentionDays = ${value}`,
      `a.v1 segmentHours = ${value}`,
    ]);
  });
});

describe('the largest useful number is in range, one more is not, nor is one less than the smallest', () => {
  const { pool, retryBudget } = dependencyPolicy({});
  const breaker = { intervalMs: 1_000, ejectionMs: 1_000, maxEjectionPercent: 'all' } as const;
  const retries = retried.retries;

  test.each([
    { field: 'timeoutMs', max: 30_000, why: 'nobody waits longer' },
    { field: 'retries.attempts', max: 10, why: 'multiply the load' },
    { field: 'retries.perTryTimeoutMs', max: 30_000, why: 'nobody waits longer' },
    { field: 'retries.backoffMs', max: 3_000, why: 'ten times this base' },
  ])('$field: $max', ({ field, max, why }) => {
    const name = field.replace('retries.', '');
    const withValue = (value: number): RpcPolicy =>
      name === field ? { ...retried, [name]: value } : { ...retried, retries: { ...retries, [name]: value } };
    expect(problemsOf({ ask: withValue(1) })).toEqual([]);
    expect(problemsOf({ ask: withValue(max) })).toEqual([]);
    expect(problemsOf({ ask: withValue(max + 1) })).toEqual([`a->b.Ask ${field} = ${max + 1}`]);
    expect(messagesOf({ 'a->b': dependencyPolicy({ Ask: withValue(max + 1) }) })[0]).toContain(why);
  });

  test.each([
    { field: 'pool.connectTimeoutMs', min: 50, max: 10_000 },
    { field: 'pool.maxConnections', max: 10_000 },
    { field: 'pool.maxRequests', max: 10_000 },
    { field: 'pool.maxPendingRequests', max: 10_000 },
    { field: 'retryBudget.minConcurrency', max: 100 },
    { field: 'breaker.failures', max: 100 },
    { field: 'breaker.minRequests', max: 10_000 },
    { field: 'breaker.percent', max: 100 },
    { field: 'breaker.intervalMs', min: 100, max: 60_000 },
    { field: 'breaker.ejectionMs', max: 300_000 },
    { field: 'breaker.maxEjectionPercent', max: 100 },
  ])('$field: $max', ({ field, min = 1, max }) => {
    const [part = '', name = ''] = field.split('.');
    const kind =
      name === 'failures'
        ? { kind: 'consecutive', failures: 1 }
        : { kind: 'failure-rate', percent: 50, minRequests: 1 };
    const parts = { pool, retryBudget, breaker: { ...kind, ...breaker } };
    const rest = (value: number) =>
      ({ [part]: { ...parts[part as keyof typeof parts], [name]: value } }) as Partial<DependencyPolicy>;
    expect(problemsOf({ rest: rest(min) })).toEqual([]);
    expect(problemsOf({ rest: rest(min - 1) })).toEqual([`a->b ${field} = ${min - 1}`]);
    expect(problemsOf({ rest: rest(max) })).toEqual([]);
    expect(problemsOf({ rest: rest(max + 1) })).toEqual([`a->b ${field} = ${max + 1}`]);
  });

  test('pods: 1000, partitions: 1000, a latency budget: a day', () => {
    expect(problemsOf({ replicas: { each: 1_001 } })).toEqual(['replicas each = 1001']);
    const [first] = exampleTopology.interactions;
    const interactions = [{ ...first, decision: { ...first.decision, latencyBudgetMs: 86_400_001 } }];
    const topics = { 'a.v1': { ...exampleTopology.topics['a.v1'], partitions: 1_001 } };
    expect(problemsOf({ topology: { ...exampleTopology, topics, interactions } })).toEqual([
      'gateway->a decision.latencyBudgetMs = 86400001',
      'a.v1 partitions = 1001',
    ]);
  });
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, undefined as unknown as number])(
  'a rate of %s is none that can be expected',
  (ratePerSecond) => {
    const [, ask] = exampleTopology.interactions;
    const interactions = [{ ...ask, rpcs: { Ask: { ...ask.rpcs.Ask, ratePerSecond } } }];
    expect(problemsOf({ topology: { ...exampleTopology, interactions } })).toEqual([
      `a->b.Ask ratePerSecond = ${ratePerSecond}`,
    ]);
  },
);

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a load of %s times the rates is none', (load) => {
  expect(problemsOf({ replicas: { each: 1, load } })).toEqual([`replicas load = ${load}`]);
  expect(problemsOf({ replicas: { each: 1, load: 0.5 } })).toEqual([]);
});

test('a rate may have a fraction', () => {
  const [, ask] = exampleTopology.interactions;
  const interactions = [{ ...ask, rpcs: { Ask: { ...ask.rpcs.Ask, ratePerSecond: 0.1 } } }];
  expect(problemsOf({ topology: { ...exampleTopology, interactions } })).toEqual([]);
});

test('a percentage is at most 100', () => {
  expect(problemsOf({ rest: { retryBudget: { percent: 100, minConcurrency: 100 } } })).toEqual([]);
  expect(problemsOf({ rest: { retryBudget: { percent: 101, minConcurrency: 100 } } })).toEqual([
    'a->b retryBudget.percent = 101',
  ]);
});

test('a value that is a word is not checked as a number', () => {
  const retries = { ...retried.retries, perTryTimeoutMs: 'rest-of-timeout' } as const;
  const ejection = { intervalMs: 100, ejectionMs: 1, maxEjectionPercent: 'all' } as const;
  const breaker = { kind: 'consecutive', failures: 1, ...ejection } as const;
  expect(problemsOf({ ask: { ...retried, retries }, rest: { breaker } })).toEqual([]);
});

test.each([
  { percent: 100, right: true },
  { percent: 99.95, right: true },
  { percent: 90, right: true },
  { percent: 89.9, right: false },
  { percent: 0.001, right: false },
  { percent: 100.1, right: false },
  { percent: Number.NaN, right: false },
])('an availability of $percent % is right: $right', ({ percent, right }) => {
  const [first] = exampleTopology.interactions;
  const interactions = [{ ...first, decision: { ...first.decision, availabilityPercent: percent } }];
  const expected = right ? [] : [`gateway->a decision.availabilityPercent = ${percent}`];
  expect(problemsOf({ topology: { ...exampleTopology, interactions } })).toEqual(expected);
});

test.each([
  { name: 'worstCaseCalls', largest: 243 },
  { name: 'sustainedCalls', largest: 5 },
])('the limit $name is at most $largest', ({ name, largest }) => {
  const limits = { worstCaseCalls: 1, sustainedCalls: 1 };
  expect(problemsOf({ limits: { ...limits, [name]: largest } })).toEqual([]);
  expect(problemsOf({ limits: { ...limits, [name]: largest + 0.1 } })).toEqual([`limits ${name} = ${largest + 0.1}`]);
});

test.each([
  { limit: 1, right: true },
  { limit: 1.5, right: true },
  { limit: 0.99, right: false },
  { limit: 1e9, right: false },
  { limit: Number.NaN, right: false },
  { limit: Number.POSITIVE_INFINITY, right: false },
])('a limit of $limit calls is right: $right', ({ limit, right }) => {
  const expected = right ? [] : [`limits worstCaseCalls = ${limit}`, `limits sustainedCalls = ${limit}`];
  expect(problemsOf({ limits: { worstCaseCalls: limit, sustainedCalls: limit } })).toEqual(expected);
});
