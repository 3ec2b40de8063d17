import { expect, test } from 'vitest';
import { effectiveEjection, effectivePolicy } from '../testing/effective-policy.ts';
import { ejectionOutlastsInterval } from './ejection-outlasts-interval.ts';

function ejecting(ejectionMs: number, intervalMs: number) {
  return ejectionOutlastsInterval(effectivePolicy({ ejection: effectiveEjection({ ejectionMs, intervalMs }) }));
}

test('an ejection may be as long as the time between two reviews', () => {
  expect(ejecting(2_000, 2_000)).toEqual([]);
});

test('a shorter one is refused: it would last until the next review', () => {
  expect(ejecting(1_999, 2_000)).toEqual([
    {
      subject: 'a->b',
      value: 'breaker.ejectionMs = 1999',
      rule: 'ejection-outlasts-interval',
      message:
        'reviews come every 2000 ms, and nothing comes back in between: at least 2000 is right, or a shorter intervalMs.',
    },
  ]);
});

test('without a breaker nothing is ejected', () => {
  expect(ejectionOutlastsInterval(effectivePolicy({ ejection: null }))).toEqual([]);
});
