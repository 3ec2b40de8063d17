import { expect, test } from 'vitest';
import type { RetryCondition } from '../model/model.ts';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { retryNeedsIdempotency } from './retry-needs-idempotency.ts';

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

test('of a call that must not run twice, each condition under which it may have run is refused by name', () => {
  expect(retryNeedsIdempotency(effectivePolicy({ idempotency: 'none', tries: 2, conditions }))).toEqual(
    wrong.map((condition) => ({
      subject: 'a->b.Ask',
      value: `retries.conditions: ${condition}`,
      rule: 'retry-needs-idempotency',
      message:
        'the callee may have done its work, and would do it twice. Only connect-failure, refused-stream, reset-before-request are right without idempotency.',
    })),
  );
});

test('it may be tried again where it surely has not run', () => {
  const neverRan = conditions.filter((condition) => EVERY[condition] === 'right');
  const dependency = effectivePolicy({ idempotency: 'none', tries: 2, conditions: neverRan });
  expect(retryNeedsIdempotency(dependency)).toEqual([]);
});

test.each(['safe', 'by-key'] as const)('a call that is %s may be tried again on anything', (idempotency) => {
  expect(retryNeedsIdempotency(effectivePolicy({ idempotency, tries: 2, conditions }))).toEqual([]);
});

test('a call that is tried once has no retry to refuse', () => {
  expect(retryNeedsIdempotency(effectivePolicy({ idempotency: 'none', tries: 1, conditions }))).toEqual([]);
});
