import { describe, expect, test } from 'vitest';
import { effectiveEjection, effectivePolicy } from '../testing/effective-policy.ts';
import { ejectionOutlastsInterval, ejectionPossible, ejectsEverythingUnstated } from './ejection.ts';

describe('ejection-possible', () => {
  function ejecting(maxEjectionPercent: number | 'all', endpoints: readonly number[]) {
    return effectivePolicy({ endpoints, ejection: effectiveEjection({ maxEjectionPercent }) });
  }

  test.each([
    { count: 2, tooLow: 49, enough: 50 },
    { count: 3, tooLow: 33, enough: 34 },
    { count: 7, tooLow: 14, enough: 15 },
    { count: 10, tooLow: 9, enough: 10 },
    { count: 100, tooLow: 0, enough: 1 },
    { count: 101, tooLow: 0, enough: 1 },
  ])('of $count endpoints $tooLow % ejects none, $enough % does', ({ count, tooLow, enough }) => {
    expect(ejectionPossible(ejecting(tooLow, [count]))).toEqual([
      {
        subject: 'a->b',
        value: `breaker.maxEjectionPercent = ${tooLow}`,
        rule: 'ejection-possible',
        message: `of ${count} endpoint(s) none can ever be ejected. Use at least ${enough}.`,
      },
    ]);
    expect(ejectionPossible(ejecting(enough, [count]))).toEqual([]);
  });

  test("a single endpoint can be ejected by 'all' only", () => {
    expect(ejectionPossible(ejecting(99, [1]))).toMatchObject([
      { message: "of 1 endpoint(s) none can ever be ejected. For a single one use 'all'." },
    ]);
    expect(ejectionPossible(ejecting('all', [1]))).toEqual([]);
  });

  test('each environment in which no ejection is possible is named once, by its endpoints', () => {
    const messages = ejectionPossible(ejecting(40, [1, 2, 3, 2])).map(({ message }) => message.slice(0, 17));
    expect(messages).toEqual(['of 1 endpoint(s) ', 'of 2 endpoint(s) ']);
  });

  test('without a breaker no ejection needs to be possible', () => {
    expect(ejectionPossible(effectivePolicy({ ejection: null }))).toEqual([]);
  });
});

describe('ejects-everything-unstated', () => {
  function ejecting(maxEjectionPercent: number | 'all') {
    return ejectsEverythingUnstated(effectivePolicy({ ejection: effectiveEjection({ maxEjectionPercent }) }));
  }

  test('a number that allows the ejection of every endpoint is rejected', () => {
    expect(ejecting(100)).toEqual([
      {
        subject: 'a->b',
        value: 'breaker.maxEjectionPercent = 100',
        rule: 'ejects-everything-unstated',
        message:
          "every endpoint may be out at once, and all calls fail: use 'all' if that is meant, otherwise a number below 100.",
      },
    ]);
  });

  test("99 keeps at least one endpoint, and 'all' is explicit", () => {
    expect(ejecting(99)).toEqual([]);
    expect(ejecting('all')).toEqual([]);
  });

  test('without a breaker nothing is ejected', () => {
    expect(ejectsEverythingUnstated(effectivePolicy({ ejection: null }))).toEqual([]);
  });
});

describe('ejection-outlasts-interval', () => {
  function ejecting(ejectionMs: number, intervalMs: number) {
    return ejectionOutlastsInterval(effectivePolicy({ ejection: effectiveEjection({ ejectionMs, intervalMs }) }));
  }

  test('an ejection may be as long as the time between two reviews', () => {
    expect(ejecting(2_000, 2_000)).toEqual([]);
  });

  test('a shorter one is rejected: it would last until the next review', () => {
    expect(ejecting(1_999, 2_000)).toEqual([
      {
        subject: 'a->b',
        value: 'breaker.ejectionMs = 1999',
        rule: 'ejection-outlasts-interval',
        message:
          'reviews come every 2000 ms, and no endpoint comes back in between: use at least 2000, or a shorter intervalMs.',
      },
    ]);
  });

  test('without a breaker nothing is ejected', () => {
    expect(ejectionOutlastsInterval(effectivePolicy({ ejection: null }))).toEqual([]);
  });
});
