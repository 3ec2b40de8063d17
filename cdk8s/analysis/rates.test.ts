import { describe, expect, test } from 'vitest';
import { effectiveEjection, effectivePolicy } from '../testing/effective-policy.ts';
import { buildCallGraph } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { rateFitsCallers, ratesFit } from './rates.ts';

const problemsOf = (...changes: Partial<EffectivePolicy>[]) => ratesFit(changes.map(effectivePolicy));
const unbounded = { connectTimeoutMs: null, maxConnections: null, maxRequests: null, maxPendingRequests: null };

describe('rate-fits-callers', () => {
  /** Two calls at 3 per second lead to b, and one of them does so twice: 9 per second. */
  const problemsAt = (ratePerSecond: number) =>
    rateFitsCallers(
      buildCallGraph([
        effectivePolicy({ caller: 'gateway', callee: 'a', ratePerSecond: 3, calls: ['a->b.Ask'] }),
        effectivePolicy({ caller: 'c', callee: 'a', ratePerSecond: 3, calls: ['a->b.Ask', 'a->b.Ask'] }),
        effectivePolicy({ ratePerSecond }),
        effectivePolicy({ caller: 'worker', ratePerSecond: 1_000 }),
      ]),
    );

  test.each([4.5, 9, 18])('%s per second is an estimate of what the calls before it cause', (rate) => {
    expect(problemsAt(rate)).toEqual([]);
  });

  test.each([0.001, 4.4, 18.1, 1e9])('%s per second is not', (rate) => {
    expect(problemsAt(rate)).toEqual([
      {
        subject: 'a->b.Ask',
        value: `ratePerSecond = ${rate}`,
        rule: 'rate-fits-callers',
        message: 'the calls that lead to it are 9 per second: use 9, or correct theirs.',
      },
    ]);
  });
});

describe('volume-within-reach', () => {
  function judging(minRequests: number, change: Partial<EffectivePolicy> = {}): Partial<EffectivePolicy> {
    const failureRate = { percent: 50, minRequests, minEndpoints: 1 };
    return { ejection: effectiveEjection({ consecutive5xx: 0, failureRate, intervalMs: 2_000 }), ...change };
  }

  test('an endpoint must get its volume within an interval at the expected rate', () => {
    expect(problemsOf(judging(40))).toEqual([]);
    expect(problemsOf(judging(41))).toEqual([
      {
        subject: 'a->b',
        value: 'breaker.minRequests = 41',
        rule: 'volume-within-reach',
        message:
          "with 1 caller pod(s) and 1 endpoint(s) an endpoint gets 40 calls of one caller's pod in 2000 ms, so it is never judged: use a smaller volume, a longer intervalMs, or a consecutive breaker.",
      },
    ]);
  });

  test("each of the caller's pods judges alone, each endpoint alone, in the environment with the most of them", () => {
    const pods = { callerPods: [1, 3, 2], endpoints: [1, 2, 2] };
    expect(problemsOf(judging(6, pods))).toEqual([]);
    expect(problemsOf(judging(7, pods))[0]?.message).toContain(
      "with 3 caller pod(s) and 2 endpoint(s) an endpoint gets 6.7 calls of one caller's pod",
    );
  });

  test('an environment has the rates of the topology times its load', () => {
    const pods = { callerPods: [1, 3], endpoints: [1, 3], load: [1, 5] };
    expect(problemsOf(judging(22, pods))).toEqual([]);
    expect(problemsOf(judging(23, pods))[0]?.message).toContain('gets 22.2 calls');
  });

  test('all calls of a dependency count together, and those of no other', () => {
    const write = judging(80, { rpc: 'Write' });
    expect(problemsOf(judging(80), write)).toEqual([]);
    expect(problemsOf(judging(80), { ...write, callee: 'c' })).toHaveLength(2);
  });
});

describe('failures-within-reach', () => {
  const inARow = (consecutive5xx: number, change: Partial<EffectivePolicy> = {}): Partial<EffectivePolicy> => ({
    ejection: effectiveEjection({ consecutive5xx }),
    ...change,
  });

  test('an endpoint that fails every call must be ejected within a minute', () => {
    const rare = { ratePerSecond: 0.5, callerPods: [3], endpoints: [2] };
    expect(problemsOf(inARow(5, rare))).toEqual([]);
    expect(problemsOf(inARow(6, rare))).toMatchObject([
      {
        value: 'breaker.failures = 6',
        rule: 'failures-within-reach',
        message: expect.stringContaining('is ejected after 72 s: use at most 5'),
      },
    ]);
  });
});

describe('pool-fits-rate', () => {
  const slow = { ratePerSecond: 20, timeoutMs: 1_000 };

  test('as many calls are in flight as arrive within their timeout, in the fewest pods', () => {
    const withPool = (maxRequests: number) =>
      problemsOf({ ...slow, callerPods: [4, 2], endpoints: [4, 2], pool: { ...unbounded, maxRequests } });
    expect(withPool(10)).toEqual([]);
    expect(withPool(9)).toEqual([
      {
        subject: 'a->b',
        value: 'pool.maxRequests = 9',
        rule: 'pool-fits-rate',
        message: "up to 10 calls of one caller's pod are in flight at the expected rate: use at least 10.",
      },
    ]);
  });

  test('an environment with more load needs more room', () => {
    const loaded = { callerPods: [2, 3], endpoints: [2, 3], load: [1, 5] };
    expect(problemsOf({ ...slow, ...loaded, pool: { ...unbounded, maxRequests: 33 } })[0]?.message).toContain('34.');
  });

  test('HTTP/1.1 needs a connection for each, gRPC shares one', () => {
    const pool = { ...unbounded, maxConnections: 19 };
    expect(problemsOf({ ...slow, protocol: 'http', pool })).toMatchObject([{ value: 'pool.maxConnections = 19' }]);
    expect(problemsOf({ ...slow, protocol: 'grpc', pool })).toEqual([]);
  });

  test('no more requests can wait than exist', () => {
    const pool = { ...unbounded, maxRequests: 50, maxPendingRequests: 51 };
    expect(problemsOf({ ...slow, pool })).toMatchObject([
      { value: 'pool.maxPendingRequests = 51', rule: 'pending-within-requests' },
    ]);
    expect(problemsOf({ ...slow, pool: { ...pool, maxPendingRequests: 50 } })).toEqual([]);
  });
});

describe('floor-fits-rate', () => {
  const retried = { maxAttempts: 3, ratePerSecond: 20, timeoutMs: 1_000 };
  const withFloor = (minConcurrency: number, change: Partial<EffectivePolicy> = {}) =>
    problemsOf({ ...retried, retryBudget: { percent: 20, minConcurrency }, ...change });

  test('a floor above all calls in flight leaves the percentage without effect', () => {
    expect(withFloor(20)).toEqual([]);
    expect(withFloor(21)).toMatchObject([
      {
        value: 'retryBudget.minConcurrency = 21',
        rule: 'floor-fits-rate',
        message: expect.stringContaining('use at most 20.'),
      },
    ]);
  });

  test("Envoy's default of 3 is right at any rate, and without retries no floor matters", () => {
    expect(withFloor(3, { ratePerSecond: 0.1 })).toEqual([]);
    expect(withFloor(4, { ratePerSecond: 0.1 })).toHaveLength(1);
    expect(withFloor(4, { ratePerSecond: 0.1, maxAttempts: 1 })).toEqual([]);
  });
});

test('without an environment nothing is known of pods, and one of each is assumed', () => {
  const ejection = effectiveEjection({ consecutive5xx: 100 });
  expect(problemsOf({ callerPods: [], endpoints: [], ejection })).toEqual([]);
});
