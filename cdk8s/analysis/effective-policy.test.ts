import { describe, expect, test } from 'vitest';
import type { Breaker, DependencyPolicy, RpcPolicy } from '../model/policy.ts';
import { dependencyPolicy, examplePolicies, exampleTopology, retried, safeOnce } from '../testing/example.ts';
import { readEffectivePolicies } from './effective-policy.ts';

const ONE = [{ each: 1 }];

function readAsk(ask: RpcPolicy, rest: Partial<DependencyPolicy> = {}) {
  const policies = { ...examplePolicies, 'a->b': dependencyPolicy({ Ask: ask }, rest) };
  return readEffectivePolicies(exampleTopology, policies, ONE).find(({ id }) => id === 'a->b.Ask');
}

test('each call with a policy is a separate dependency', () => {
  const { 'c->b': _, ...policies } = examplePolicies;
  expect(readEffectivePolicies(exampleTopology, policies, ONE).map(({ id }) => id)).toEqual([
    'gateway->a.Enter',
    'gateway->a.Buy',
    'a->b.Ask',
    'a->bank.Pay',
  ]);
});

test('it states the caller, the callee, the protocol and the further calls', () => {
  const [enter, , ask, , pay] = readEffectivePolicies(exampleTopology, examplePolicies, ONE);
  expect(enter).toMatchObject({ method: 'GET', path: '/v1/{id}', protocol: 'http', calls: ['a->b.Ask'] });
  expect(ask).toMatchObject({ method: 'POST', protocol: 'grpc', external: false, calls: [], latencyBudgetMs: 2_000 });
  expect(pay).toMatchObject({ external: true, availabilityPercent: 99 });
});

test("only a port of ours that speaks HTTP/1.1 has retries of the callee's own proxy", () => {
  const [enter, , ask, , pay] = readEffectivePolicies(exampleTopology, examplePolicies, ONE);
  expect(enter?.inboundRetries).toEqual({ attempts: 2, conditions: ['reset-before-request'] });
  expect([ask?.inboundRetries, pay?.inboundRetries]).toEqual([null, null]);
});

test('a call that is never retried has one attempt and no conditions', () => {
  expect(readAsk({ ...safeOnce, timeoutMs: 70 })).toMatchObject({
    timeoutMs: 70,
    maxAttempts: 1,
    conditions: [],
    perTryTimeoutMs: null,
    longestBackoffMs: 0,
  });
});

test('the attempts of a policy are added to the first one', () => {
  expect(readAsk(retried)).toMatchObject({
    maxAttempts: 3,
    conditions: ['unavailable', 'reset', 'deadline-exceeded'],
    perTryTimeoutMs: 300,
  });
});

test('an attempt that may use the rest of the timeout has no timeout of its own', () => {
  const retries = { ...retried.retries, perTryTimeoutMs: 'rest-of-timeout' } as const;
  expect(readAsk({ ...retried, retries })?.perTryTimeoutMs).toBeNull();
});

test.each([
  [1, 10],
  [2, 30],
  [3, 70],
  [4, 150],
  [5, 250],
  [6, 350],
  [1_000_000_000, 99_999_999_750],
])('the pauses of %i retries with a base of 10 ms are at most %i ms: 10, 20, 40, 80, then 100 each', (attempts, ms) => {
  expect(readAsk({ ...retried, retries: { ...retried.retries, attempts, backoffMs: 10 } })?.longestBackoffMs).toBe(ms);
});

test('endpoints are counted in each environment, where the number of a single service overrides that of all', () => {
  const dependencies = readEffectivePolicies(exampleTopology, examplePolicies, [
    { each: 2 },
    { each: 3, of: { b: 5 } },
  ]);
  expect(dependencies.find(({ id }) => id === 'a->b.Ask')?.endpoints).toEqual([2, 5]);
  expect(dependencies.find(({ id }) => id === 'gateway->a.Buy')?.endpoints).toEqual([2, 3]);
});

test('a partner is one endpoint, however many servers it has', () => {
  const pay = readEffectivePolicies(exampleTopology, examplePolicies, [{ each: 7 }]).find(
    ({ callee }) => callee === 'bank',
  );
  expect(pay?.endpoints).toEqual([1]);
});

test('a service may have the name of a property that every object has', () => {
  const [first] = exampleTopology.interactions;
  const topology = {
    ...exampleTopology,
    services: { ...exampleTopology.services, constructor: exampleTopology.services.a },
    interactions: [{ ...first, callee: 'constructor', rpcs: { toString: first.rpcs.Enter } }],
  };
  const named = { toString: safeOnce };
  const policies = { 'gateway->constructor': dependencyPolicy(named) };
  expect(readEffectivePolicies(topology, policies, [{ each: 4, of: {} }])[0]?.endpoints).toEqual([4]);
  expect(readEffectivePolicies(topology, { 'gateway->constructor': dependencyPolicy({}) }, ONE)).toEqual([]);
});

describe('ejection', () => {
  const timing = { intervalMs: 2_000, ejectionMs: 10_000, maxEjectionPercent: 50 } as const;
  const readBreaker = (breaker: Breaker) => readAsk(retried, { breaker })?.ejection;

  test('does not exist without a breaker', () => {
    expect(readBreaker({ kind: 'none' })).toBeNull();
  });

  test('a consecutive breaker counts 5xx in a row and no percentage', () => {
    expect(readBreaker({ kind: 'consecutive', failures: 7, ...timing })).toEqual({
      consecutive5xx: 7,
      consecutiveGatewayErrors: 0,
      failureRate: null,
      successRate: false,
      splitLocalOrigin: false,
      ...timing,
      longestEjectionMs: timing.ejectionMs,
      minHealthPercent: 0,
    });
  });

  test('a failure-rate breaker counts a percentage and no consecutive failures', () => {
    expect(readBreaker({ kind: 'failure-rate', percent: 40, minRequests: 9, ...timing })).toMatchObject({
      consecutive5xx: 0,
      failureRate: { percent: 40, minRequests: 9, minEndpoints: 1 },
    });
  });
});
