import { expect, test } from 'vitest';
import { effectiveEjection, effectivePolicy } from '../testing/effective-policy.ts';
import { ejectionPossible } from './ejection-possible.ts';

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
      message: `of ${count} endpoint(s) none can ever be ejected. At least ${enough} is needed.`,
    },
  ]);
  expect(ejectionPossible(ejecting(enough, [count]))).toEqual([]);
});

test("a single endpoint can be ejected by 'all' only", () => {
  expect(ejectionPossible(ejecting(99, [1]))).toMatchObject([
    { message: "of 1 endpoint(s) none can ever be ejected. Of a single one, only 'all' is." },
  ]);
  expect(ejectionPossible(ejecting('all', [1]))).toEqual([]);
});

test('of several environments, each in which it cannot happen is named once, by its endpoints', () => {
  const messages = ejectionPossible(ejecting(40, [1, 2, 3, 2])).map(({ message }) => message.slice(0, 17));
  expect(messages).toEqual(['of 1 endpoint(s) ', 'of 2 endpoint(s) ']);
});

test('without a breaker nothing need be possible', () => {
  expect(ejectionPossible(effectivePolicy({ ejection: null }))).toEqual([]);
});
