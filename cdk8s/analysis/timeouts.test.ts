import { describe, expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { buildCallGraph } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { calleeOutlivesCaller, timeoutWithinBudget, triesFitTimeout } from './timeouts.ts';

describe('attempts-fit-timeout', () => {
  const threeAttempts = effectivePolicy({ maxAttempts: 3, perTryTimeoutMs: 300, longestBackoffMs: 60 });

  describe('attempts with a timeout of their own', () => {
    test('may fill the timeout exactly, with the longest back-off', () => {
      expect(triesFitTimeout({ ...threeAttempts, timeoutMs: 960 })).toEqual([]);
    });

    test('are rejected with the sum when a millisecond is missing', () => {
      expect(triesFitTimeout({ ...threeAttempts, timeoutMs: 959 })).toEqual([
        {
          subject: 'a->b.Ask',
          value: 'timeoutMs = 959',
          rule: 'attempts-fit-timeout',
          message:
            '3 attempts of 300 ms and up to 60 ms of back-off take 960 ms: the last one never happens. Raise the timeout or ask for less.',
        },
      ]);
    });
  });

  describe('attempts that share the timeout', () => {
    const sharing = { ...threeAttempts, perTryTimeoutMs: null };

    test('need at least a millisecond besides their back-off', () => {
      expect(triesFitTimeout({ ...sharing, timeoutMs: 61 })).toEqual([]);
    });

    test('are rejected when the back-off takes all of it', () => {
      const [problem] = triesFitTimeout({ ...sharing, timeoutMs: 60 });
      expect(problem?.message).toContain('3 attempts and up to 60 ms of back-off take 60 ms');
    });
  });

  test('a single attempt fits any timeout', () => {
    expect(triesFitTimeout({ ...threeAttempts, maxAttempts: 1, timeoutMs: 1 })).toEqual([]);
  });

  test('without a timeout everything fits', () => {
    expect(triesFitTimeout({ ...threeAttempts, timeoutMs: null })).toEqual([]);
  });
});

describe('timeout-within-budget', () => {
  test('a timeout may be all of the latency budget', () => {
    expect(timeoutWithinBudget(effectivePolicy({ timeoutMs: 300, latencyBudgetMs: 300 }))).toEqual([]);
  });

  test('a millisecond more is rejected with the budget', () => {
    expect(timeoutWithinBudget(effectivePolicy({ timeoutMs: 301, latencyBudgetMs: 300 }))).toEqual([
      {
        subject: 'a->b.Ask',
        value: 'timeoutMs = 301',
        rule: 'timeout-within-budget',
        message: "after its decision's latencyBudgetMs the answer is of no use: use at most 300 ms.",
      },
    ]);
  });

  test('a call without a timeout exceeds every budget', () => {
    expect(timeoutWithinBudget(effectivePolicy({ timeoutMs: null }))).toMatchObject([{ value: 'timeoutMs = none' }]);
  });
});

describe('callee-outlives-caller', () => {
  /** a calls b, which calls c and then d, of 300 and 200 ms, before it answers. */
  const asking = { idempotency: 'by-key', calls: ['b->c.Ask', 'b->d.Ask'], timeoutMs: 500 } as const;
  const behind = [
    effectivePolicy({ caller: 'b', callee: 'c', timeoutMs: 300 }),
    effectivePolicy({ caller: 'b', callee: 'd', timeoutMs: 200 }),
  ];

  function problemsOf(change: Partial<EffectivePolicy>, others: readonly EffectivePolicy[] = behind) {
    return calleeOutlivesCaller(buildCallGraph([effectivePolicy({ ...asking, ...change }), ...others]));
  }
  const messageOf = (change: Partial<EffectivePolicy>, others = behind) => problemsOf(change, others)[0]?.message;

  describe('a callee whose calls end within the time of an attempt', () => {
    test('stops if its calls take exactly that time', () => {
      expect(problemsOf({ timeoutMs: 500 })).toEqual([]);
    });

    test('must not be declared to carry on', () => {
      expect(problemsOf({ timeoutMs: 500, afterTimeout: 'callee-carries-on' })).toEqual([
        {
          subject: 'a->b.Ask',
          value: 'afterTimeout = callee-carries-on',
          rule: 'callee-outlives-caller',
          message: "it stops: its calls may take 500 ms, and an attempt may end after 500 ms. State 'callee-stops'.",
        },
      ]);
    });

    test('that calls no service stops', () => {
      expect(problemsOf({ calls: [], timeoutMs: 1 })).toEqual([]);
    });
  });

  describe('the database of the callee', () => {
    test('may finish a statement after the caller has given up', () => {
      expect(messageOf({ calls: [], databaseMs: 10_000, timeoutMs: 9_999 })).toContain(
        'its calls and its database may take 10000 ms, and an attempt may end after 9999 ms',
      );
      expect(problemsOf({ calls: [], databaseMs: 10_000, timeoutMs: 10_000 })).toEqual([]);
      expect(
        problemsOf({ calls: [], databaseMs: 10_000, timeoutMs: 9_999, afterTimeout: 'callee-carries-on' }),
      ).toEqual([]);
    });

    test('adds to the calls', () => {
      expect(messageOf({ databaseMs: 10_000, timeoutMs: 10_499 })).toContain('may take 10500 ms');
      expect(problemsOf({ databaseMs: 10_000, timeoutMs: 10_500 })).toEqual([]);
    });

    test('leaves nothing behind of a safe call', () => {
      expect(problemsOf({ idempotency: 'safe', databaseMs: 10_000, timeoutMs: 1 })).toEqual([]);
    });
  });

  describe('a callee whose calls may take longer than an attempt', () => {
    test('is rejected with both times if it is declared to stop', () => {
      expect(problemsOf({ timeoutMs: 499 })).toEqual([
        {
          subject: 'a->b.Ask',
          value: 'afterTimeout = callee-stops',
          rule: 'callee-outlives-caller',
          message:
            'it may go on after its caller has given up: its calls may take 500 ms, and an attempt may end after 499 ms. ' +
            "State 'callee-carries-on', or give an attempt more time.",
        },
      ]);
    });

    test('may carry on under a key', () => {
      expect(problemsOf({ timeoutMs: 499, afterTimeout: 'callee-carries-on' })).toEqual([]);
    });

    test.each(['callee-stops', 'callee-carries-on'] as const)(
      'is rejected without a key, %s or not',
      (afterTimeout) => {
        expect(messageOf({ timeoutMs: 499, afterTimeout, idempotency: 'none' })).toContain(
          "State 'callee-carries-on' with idempotency by-key, or give an attempt more time.",
        );
      },
    );

    test('counts a call that it makes twice, twice', () => {
      expect(messageOf({ calls: ['b->c.Ask', 'b->c.Ask'], timeoutMs: 599 })).toContain('take 600 ms');
    });

    test('is unlimited if one of its calls is', () => {
      const endless = [...behind.slice(0, 1), effectivePolicy({ caller: 'b', callee: 'd', timeoutMs: null })];
      expect(messageOf({ timeoutMs: 9_999 }, endless)).toContain('take Infinity ms');
    });
  });

  describe('the time of an attempt', () => {
    test('is its own timeout, if it has one', () => {
      const maxAttempts = { maxAttempts: 2, perTryTimeoutMs: 500, timeoutMs: 2_000, conditions: ['reset'] } as const;
      expect(problemsOf(maxAttempts)).toEqual([]);
      expect(messageOf({ ...maxAttempts, perTryTimeoutMs: 499 })).toContain('after 499 ms');
    });

    test('may be nothing, if an attempt before it arrived and may have failed at the end of the timeout', () => {
      const maxAttempts = { maxAttempts: 2, timeoutMs: 2_000, conditions: ['connect-failure', 'reset'] } as const;
      expect(messageOf(maxAttempts)).toContain('an attempt may end after 0 ms');
    });

    test('is the rest after connecting and pauses, if the other attempts never arrived', () => {
      // Two connections of at most 100 ms each, and 30 ms of pauses.
      const maxAttempts = { maxAttempts: 3, longestBackoffMs: 30, conditions: ['connect-failure'] } as const;
      expect(problemsOf({ ...maxAttempts, timeoutMs: 730 })).toEqual([]);
      expect(messageOf({ ...maxAttempts, timeoutMs: 729 })).toContain('after 499 ms');
      expect(messageOf({ ...maxAttempts, timeoutMs: 100 })).toContain('after 0 ms');
    });

    test('is unlimited without a timeout', () => {
      expect(problemsOf({ timeoutMs: null })).toEqual([]);
      expect(messageOf({ timeoutMs: null, afterTimeout: 'callee-carries-on' })).toContain('it stops');
    });
  });

  describe('a partner', () => {
    test('may carry on for any time, and only a key makes that safe', () => {
      const partner = { external: true, calls: [], timeoutMs: 60_000 };
      expect(messageOf(partner)).toBe(
        'it may go on after its caller has given up: it is a partner, which the mesh cannot stop. ' +
          "State 'callee-carries-on'.",
      );
      expect(messageOf({ ...partner, idempotency: 'none' })).toContain('with idempotency by-key.');
      expect(problemsOf({ ...partner, afterTimeout: 'callee-carries-on' })).toEqual([]);
    });
  });

  describe('a safe call', () => {
    test('has no effect, even if its callee carries on', () => {
      expect(problemsOf({ idempotency: 'safe', timeoutMs: 1 })).toEqual([]);
      expect(problemsOf({ idempotency: 'safe', external: true })).toEqual([]);
    });

    test('need not and must not be declared to carry on', () => {
      expect(messageOf({ idempotency: 'safe', timeoutMs: 1, afterTimeout: 'callee-carries-on' })).toBe(
        "a safe call leaves nothing behind, however long it goes on: state 'callee-stops'.",
      );
    });
  });

  test('a missing policy is the problem of another rule, and not of this one', () => {
    expect(problemsOf({ timeoutMs: 1 }, behind.slice(1))).toEqual([]);
  });
});
