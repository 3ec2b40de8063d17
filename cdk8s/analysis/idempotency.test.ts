import { describe, expect, test } from 'vitest';
import type { RetryCondition } from '../model/policy.ts';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { buildCallGraph } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { callersAgree, getIsSafe, retryNeedsIdempotency, safeCallsSafe } from './idempotency.ts';

describe('get-is-safe', () => {
  test.each(['by-key', 'none'] as const)('a GET that is %s is rejected', (idempotency) => {
    expect(getIsSafe(effectivePolicy({ method: 'GET', idempotency }))).toEqual([
      {
        subject: 'a->b.Ask',
        value: `idempotency = ${idempotency}`,
        rule: 'get-is-safe',
        message: 'a GET must not change anything: state safe, or use another method.',
      },
    ]);
  });

  test('a safe GET is accepted', () => {
    expect(getIsSafe(effectivePolicy({ method: 'GET', idempotency: 'safe' }))).toEqual([]);
  });

  test.each(['safe', 'by-key', 'none'] as const)('a POST may be %s', (idempotency) => {
    expect(getIsSafe(effectivePolicy({ method: 'POST', idempotency }))).toEqual([]);
  });
});

describe('retry-needs-idempotency', () => {
  const EVERY = {
    'connect-failure': 'right',
    'refused-stream': 'right',
    'reset-before-request': 'right',
    unavailable: 'wrong',
    reset: 'wrong',
    'gateway-error': 'wrong',
    '5xx': 'wrong',
    cancelled: 'wrong',
    'deadline-exceeded': 'wrong',
    'resource-exhausted': 'wrong',
  } as const satisfies Record<RetryCondition, 'right' | 'wrong'>;
  const conditions = Object.keys(EVERY) as RetryCondition[];
  const wrong = conditions.filter((condition) => EVERY[condition] === 'wrong');

  test('each condition under which a call that must not run twice may have run is rejected by name', () => {
    expect(retryNeedsIdempotency(effectivePolicy({ idempotency: 'none', maxAttempts: 2, conditions }))).toEqual(
      wrong.map((condition) => ({
        subject: 'a->b.Ask',
        value: `retries.conditions: ${condition}`,
        rule: 'retry-needs-idempotency',
        message:
          'the callee may have done its work already and would do it again. Without idempotency use only connect-failure, refused-stream, reset-before-request.',
      })),
    );
  });

  test('a call that must not run twice may be retried under conditions that exclude that it ran', () => {
    const neverRan = conditions.filter((condition) => EVERY[condition] === 'right');
    const dependency = effectivePolicy({ idempotency: 'none', maxAttempts: 2, conditions: neverRan });
    expect(retryNeedsIdempotency(dependency)).toEqual([]);
  });

  test.each(['safe', 'by-key'] as const)('a call that is %s may be retried on anything', (idempotency) => {
    expect(retryNeedsIdempotency(effectivePolicy({ idempotency, maxAttempts: 2, conditions }))).toEqual([]);
  });

  test('a call with a single attempt has no retry to reject', () => {
    expect(retryNeedsIdempotency(effectivePolicy({ idempotency: 'none', maxAttempts: 1, conditions }))).toEqual([]);
  });
});

describe('safe-calls-safe', () => {
  const problemsOf = (idempotency: 'safe' | 'by-key' | 'none', behind: 'safe' | 'by-key' | 'none') =>
    safeCallsSafe(
      buildCallGraph([
        effectivePolicy({ idempotency, calls: ['b->c.Ask'] }),
        effectivePolicy({ caller: 'b', callee: 'c', idempotency: behind }),
      ]),
    );

  test.each(['by-key', 'none'] as const)('a call is not safe if its callee makes one that is %s', (behind) => {
    expect(problemsOf('safe', behind)).toEqual([
      {
        subject: 'a->b.Ask',
        value: 'idempotency = safe',
        rule: 'safe-calls-safe',
        message: `it calls b->c.Ask, which is ${behind}: state by-key or none here as well.`,
      },
    ]);
  });

  test('a safe call may lead to safe calls only, and any other call to all', () => {
    expect(problemsOf('safe', 'safe')).toEqual([]);
    for (const behind of ['safe', 'by-key', 'none'] as const) {
      expect(problemsOf('by-key', behind)).toEqual([]);
      expect(problemsOf('none', behind)).toEqual([]);
    }
  });
});

describe('callers-agree', () => {
  const shared = { path: '/b.v1.B/Ask', idempotency: 'by-key', calls: ['b->x.Do', 'b->y.Do'] } as const;
  const problemsOf = (change: Partial<EffectivePolicy>) =>
    callersAgree(
      buildCallGraph([effectivePolicy(shared), effectivePolicy({ ...shared, caller: 'c', rpc: 'Enquire', ...change })]),
    );

  test('callers with the same statements about a call agree, whatever its name', () => {
    expect(problemsOf({})).toEqual([]);
  });

  test('the order of its calls does not matter', () => {
    expect(problemsOf({ calls: ['b->y.Do', 'b->x.Do'] })).toEqual([]);
  });

  test('callers that disagree about whether a call may run twice are rejected', () => {
    expect(problemsOf({ idempotency: 'none' })).toEqual([
      {
        subject: 'c->b.Enquire',
        value: 'idempotency = none',
        rule: 'callers-agree',
        message: 'a->b.Ask says by-key of the same call: only one of them can be right.',
      },
    ]);
  });

  test('callers that disagree about what a call leads to are rejected', () => {
    expect(problemsOf({ calls: [] })).toMatchObject([
      { value: 'calls = none', message: expect.stringContaining('a->b.Ask says x.Do, y.Do') },
    ]);
  });

  test.each([{ path: '/b.v1.B/Tell' }, { method: 'GET' }, { callee: 'd' }] as const)(
    'another call may differ: %o',
    (other) => {
      expect(problemsOf({ idempotency: 'none', calls: [], ...other })).toEqual([]);
    },
  );
});
