import { describe, expect, test } from 'vitest';
import type { RetryCondition, RpcPolicy } from '../model/policy.ts';
import type { Service, SyncInteraction } from '../model/topology.ts';
import { dependencyPolicy, exampleTopology, retried, safeOnce } from '../testing/example.ts';
import { availabilityOfRoutes, formatAvailability } from './availability.ts';

describe('availability', () => {
  interface Call {
    readonly from: string;
    readonly to: string;
    readonly percent: number;
    readonly calls?: readonly string[];
    readonly policy?: RpcPolicy;
  }

  const [enter] = exampleTopology.interactions;

  /** Routes over gRPC services, each with one RPC, Ask; the one that the gateway calls is HTTP. */
  function availabilityOf(...calls: Call[]) {
    const services: Record<string, Service> = {};
    const interactions = calls.map(({ from, to, percent, calls: next = [] }): SyncInteraction => {
      services[to] = from === 'gateway' ? exampleTopology.services.a : exampleTopology.services.b;
      const rpc = { path: `/${to}`, calls: next.map((name) => `${name}.Ask`), ratePerSecond: 5, why: '' };
      const decision = { ...enter.decision, availabilityPercent: percent };
      const rpcs = { Ask: from === 'gateway' ? { ...rpc, method: 'GET' as const } : rpc };
      return { ...enter, caller: from, callee: to, decision, rpcs };
    });
    const policies = Object.fromEntries(
      calls.map(({ from, to, policy = safeOnce }) => [`${from}->${to}`, dependencyPolicy({ Ask: policy })]),
    );
    return availabilityOfRoutes({
      topology: { services, topics: {}, deduplicationDays: 9, recordRetentionDays: 400, interactions },
      policies,
    });
  }

  const threeAttempts = (...conditions: RetryCondition[]): RpcPolicy => ({
    ...retried,
    retries: { ...retried.retries, conditions },
  });

  describe('without policies', () => {
    test('five parts of 99 % are about 95 %', () => {
      const [route] = availabilityOf(
        { from: 'gateway', to: 'a', percent: 99, calls: ['b', 'c', 'd', 'e'] },
        ...['b', 'c', 'd', 'e'].map((to) => ({ from: 'a', to, percent: 99 })),
      );
      expect(route).toMatchObject({ route: 'GET /a', parts: 5 });
      expect(route?.withoutPolicies).toBeCloseTo(0.951, 4);
      expect(route?.withPolicies).toBe(route?.withoutPolicies);
    });

    test('parts in a chain count like parts side by side', () => {
      const [route] = availabilityOf(
        { from: 'gateway', to: 'a', percent: 90, calls: ['b'] },
        { from: 'a', to: 'b', percent: 80, calls: ['c'] },
        { from: 'b', to: 'c', percent: 70 },
      );
      expect(route?.withoutPolicies).toBeCloseTo(0.9 * 0.8 * 0.7, 10);
    });

    test('each route from the gateway has a figure of its own, and calls of a worker have none', () => {
      const routes = availabilityOf(
        { from: 'gateway', to: 'a', percent: 90, calls: ['c'] },
        { from: 'gateway', to: 'b', percent: 80 },
        { from: 'a', to: 'c', percent: 50 },
        { from: 'worker', to: 'c', percent: 50 },
      );
      expect(routes.map(({ route, withoutPolicies }) => [route, withoutPolicies])).toEqual([
        ['GET /a', 0.45],
        ['GET /b', 0.8],
      ]);
    });
  });

  describe('with policies', () => {
    test('a call fails only if all its attempts do', () => {
      const [route] = availabilityOf(
        { from: 'gateway', to: 'a', percent: 100, calls: ['b'] },
        { from: 'a', to: 'b', percent: 90, policy: threeAttempts('unavailable') },
      );
      expect(route?.withoutPolicies).toBeCloseTo(0.9, 10);
      expect(route?.withPolicies).toBeCloseTo(1 - 0.1 ** 3, 10);
    });

    test('each attempt needs everything that the callee needs', () => {
      const [route] = availabilityOf(
        { from: 'gateway', to: 'a', percent: 100, calls: ['b'] },
        { from: 'a', to: 'b', percent: 90, calls: ['c'], policy: threeAttempts('unavailable') },
        { from: 'b', to: 'c', percent: 80, policy: threeAttempts('unavailable') },
      );
      expect(route?.withPolicies).toBeCloseTo(1 - (1 - 0.9 * (1 - 0.2 ** 3)) ** 3, 10);
    });

    test.each<[string, RetryCondition[], boolean]>([
      ['HTTP', ['gateway-error'], true],
      ['HTTP', ['5xx'], true],
      ['HTTP', ['connect-failure', 'refused-stream', 'reset-before-request', 'reset', 'unavailable'], false],
      ['gRPC', ['reset', 'unavailable'], true],
      ['gRPC', ['connect-failure', 'refused-stream', 'reset-before-request', 'reset', 'gateway-error', '5xx'], false],
    ])('over %s, retries on %j help against failed answers: %s', (protocol, conditions, helps) => {
      const policy = threeAttempts(...conditions);
      const [route] =
        protocol === 'HTTP'
          ? availabilityOf({ from: 'gateway', to: 'a', percent: 90, policy })
          : availabilityOf(
              { from: 'gateway', to: 'a', percent: 100, calls: ['b'] },
              { from: 'a', to: 'b', percent: 90, policy },
            );
      expect(route?.withPolicies).toBeCloseTo(helps ? 0.999 : 0.9, 10);
    });
  });

  describe('a service that is called on two paths', () => {
    const diamond = (policy: RpcPolicy) =>
      availabilityOf(
        { from: 'gateway', to: 'a', percent: 100, calls: ['b', 'c'] },
        { from: 'a', to: 'b', percent: 90, calls: ['d'] },
        { from: 'a', to: 'c', percent: 80, calls: ['d'] },
        { from: 'b', to: 'd', percent: 50, policy },
        { from: 'c', to: 'd', percent: 50, policy },
      )[0];

    test('is two parts, because each of its answers is needed', () => {
      expect(diamond(safeOnce)).toMatchObject({ parts: 5 });
      expect(diamond(safeOnce)?.withoutPolicies).toBeCloseTo(0.9 * 0.5 * 0.8 * 0.5, 10);
    });

    test('is retried on each of them', () => {
      expect(diamond(threeAttempts('unavailable'))?.withPolicies).toBeCloseTo(0.9 * 0.875 * 0.8 * 0.875, 10);
    });

    test('is counted quickly, even in a graph with 2^60 paths', () => {
      const rungs = Array.from({ length: 60 }, (_, n) => n);
      const [route] = availabilityOf(
        { from: 'gateway', to: 's0', percent: 100, calls: ['s1', 's1'] },
        ...rungs
          .slice(1)
          .map((n) => ({ from: `s${n - 1}`, to: `s${n}`, percent: 100, calls: [`s${n + 1}`, `s${n + 1}`] })),
      );
      expect(route?.parts).toBe(2 ** 60 - 1);
    });
  });

  test('the calculation ends even if calls never end', () => {
    const routes = availabilityOf(
      { from: 'gateway', to: 'a', percent: 99, calls: ['b'] },
      { from: 'a', to: 'b', percent: 99, calls: ['a'] },
      { from: 'b', to: 'a', percent: 99, calls: ['b'] },
    );
    expect(routes).toMatchObject([{ parts: 1 }]);
  });
});

describe('format-availability', () => {
  test('each route is a line under a heading, with aligned columns', () => {
    const table = formatAvailability([
      { route: 'POST /v1/orders', parts: 12, withoutPolicies: 0.95, withPolicies: 0.99999 },
      { route: 'GET /x', parts: 1, withoutPolicies: 1, withPolicies: 1 },
    ]);
    expect(table.split('\n')).toEqual([
      'availability of  parts  without policies                           with policies',
      'POST /v1/orders  12     95.000 %          2160.0 min down a month  99.999 %       0.4 min down a month',
      'GET /x           1      100.000 %         0.0 min down a month     100.000 %      0.0 min down a month',
    ]);
  });

  test('without routes there is only the heading', () => {
    expect(formatAvailability([])).toBe('availability of  parts  without policies    with policies');
  });
});
