import { describe, expect, test } from 'vitest';
import type { Limits } from '../model/model.ts';
import type { RetryCondition } from '../model/policy.ts';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { limitAmplification } from './amplification.ts';
import { buildCallGraph } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';

const NO_LIMITS: Limits = { worstCaseCalls: 1e9, sustainedCalls: 1e9 };

const hop = (
  caller: string,
  callee: string,
  maxAttempts: number,
  calls: readonly string[] = [],
  rest: Partial<EffectivePolicy> = {},
) =>
  effectivePolicy({
    caller,
    callee,
    maxAttempts,
    conditions: ['unavailable'],
    calls: calls.map((name) => `${callee}->${name}.Ask`),
    ...rest,
  });

const problemsOf = (dependencies: readonly EffectivePolicy[], limits: Partial<Limits>) =>
  limitAmplification(buildCallGraph(dependencies), { ...NO_LIMITS, ...limits });

const chain = [hop('gateway', 'a', 3, ['b']), hop('a', 'b', 3)];

describe('the worst case', () => {
  test('may equal its limit', () => {
    expect(problemsOf(chain, { worstCaseCalls: 9 })).toEqual([]);
  });

  test('is rejected above it, with the path and its factors', () => {
    expect(problemsOf(chain, { worstCaseCalls: 8 })).toEqual([
      {
        subject: 'a->b.Ask',
        value: 'limits.worstCaseCalls = 8',
        rule: 'amplification',
        message:
          'on the way gateway->a.Ask, a->b.Ask one request becomes 3 x 3 = 9 > 8 calls of b. ' +
          'Let fewer of these hops retry, or fewer times.',
      },
    ]);
  });

  test('is computed for each called service', () => {
    expect(problemsOf(chain, { worstCaseCalls: 2 }).map(({ subject }) => subject)).toEqual([
      'gateway->a.Ask',
      'a->b.Ask',
    ]);
  });

  test('is that of the worst of several paths, from any entry', () => {
    const ways = [
      hop('gateway', 'a', 2, ['d', 'b']),
      hop('a', 'b', 4, ['d']),
      hop('a', 'd', 5, ['e']),
      hop('b', 'd', 2, ['e']),
      hop('c', 'd', 7, ['e']),
      hop('d', 'e', 2),
    ];
    const messages = (dependencies: readonly EffectivePolicy[]) =>
      problemsOf(dependencies, { worstCaseCalls: 15 }).map(({ message }) => message.split('.Ask one request ')[1]);
    const worst = ['becomes 2 x 4 x 2 = 16 > 15 calls of d', 'becomes 2 x 4 x 2 x 2 = 32 > 15 calls of e'];
    for (const dependencies of [ways, ways.toReversed()]) {
      expect(messages(dependencies).map((message) => message?.split('. ')[0])).toEqual(worst);
    }
  });

  test('starts at each caller that no service calls, such as a worker', () => {
    expect(problemsOf([...chain, hop('worker', 'b', 4)], { worstCaseCalls: 3 })[0]?.message).toContain('3 x 3 = 9');
    expect(problemsOf([hop('worker', 'b', 4)], { worstCaseCalls: 3 })[0]?.message).toContain('becomes 4 = 4 > 3');
  });

  test('counts a call that is made twice, twice', () => {
    const twice = [hop('gateway', 'a', 1, ['b', 'b']), hop('a', 'b', 3)];
    expect(problemsOf(twice, { worstCaseCalls: 5 })[0]?.message).toContain('1 x 6 = 6 > 5 calls of b');
  });

  test('is not raised by attempts that never arrived', () => {
    const conditions: RetryCondition[] = ['connect-failure', 'refused-stream', 'reset-before-request'];
    const dependencies = [hop('gateway', 'a', 9, ['b'], { conditions }), hop('a', 'b', 3)];
    expect(problemsOf(dependencies, { worstCaseCalls: 3 })).toEqual([]);
    expect(problemsOf(dependencies, { worstCaseCalls: 2 })[0]?.message).toContain('1 x 3 = 3 > 2');
  });
});

describe('the sustained load', () => {
  const budget = (percent: number) => ({ retryBudget: { percent, minConcurrency: 3 } });

  test('is the load that the budgets of all hops admit, and may equal its limit', () => {
    const dependencies = [hop('gateway', 'a', 3, ['b'], budget(20)), hop('a', 'b', 3, [], budget(20))];
    expect(problemsOf(dependencies, { sustainedCalls: 1.5625 })).toEqual([]);
    expect(problemsOf(dependencies, { sustainedCalls: 1.5624 })).toMatchObject([
      {
        subject: 'a->b.Ask',
        value: 'limits.sustainedCalls = 1.5624',
        message: expect.stringContaining('1.25 x 1.25 = 1.563 > 1.5624 calls of b'),
      },
    ]);
  });

  test('is not rejected for a rounding error', () => {
    // 100 / 70 x 100 / 30 x 0.21 is 1, but not in binary fractions.
    const dependencies = [hop('gateway', 'a', 9, ['b'], budget(30)), hop('a', 'b', 9, [], budget(70))];
    expect(problemsOf(dependencies, { sustainedCalls: 1 / 0.21 })).toEqual([]);
  });

  test('is at most the number of attempts, even if the budget admits more', () => {
    expect(problemsOf([hop('gateway', 'a', 3, [], budget(99))], { sustainedCalls: 3 })).toEqual([]);
    expect(problemsOf([hop('gateway', 'a', 3, [], budget(100))], { sustainedCalls: 3 })).toEqual([]);
    expect(problemsOf([hop('gateway', 'a', 3, [], budget(99))], { sustainedCalls: 2.9 })).toHaveLength(1);
  });

  test('is the number of attempts if there is no budget', () => {
    const [problem] = problemsOf([hop('gateway', 'a', 3, [], { retryBudget: null })], { sustainedCalls: 2 });
    expect(problem?.message).toContain('becomes 3 = 3 > 2');
  });

  test('is not raised by a hop that is not retried', () => {
    const dependencies = [hop('gateway', 'a', 1, ['b'], budget(90)), hop('a', 'b', 3, [], budget(50))];
    expect(problemsOf(dependencies, { sustainedCalls: 2 })).toEqual([]);
  });
});

test('calls that never end have no worst case: another rule rejects them', () => {
  expect(problemsOf([hop('a', 'b', 3, ['a']), hop('b', 'a', 3, ['b'])], { worstCaseCalls: 1 })).toEqual([]);
});

describe("retries of the callee's own proxy, which no policy states", () => {
  const single = (condition: RetryCondition) =>
    hop('gateway', 'a', 1, [], { conditions: [], inboundRetries: { attempts: 2, conditions: [condition] } });

  test('do not multiply if the request surely never reached the application', () => {
    expect(problemsOf([single('reset-before-request')], { worstCaseCalls: 1, sustainedCalls: 1 })).toEqual([]);
  });

  test('would multiply the worst case and the average otherwise, because no budget caps them', () => {
    const problems = problemsOf([single('reset')], { worstCaseCalls: 2, sustainedCalls: 2 });
    expect(problems.map(({ value }) => value)).toEqual(['limits.worstCaseCalls = 2', 'limits.sustainedCalls = 2']);
    expect(problemsOf([single('reset')], { worstCaseCalls: 3, sustainedCalls: 3 })).toEqual([]);
  });
});
