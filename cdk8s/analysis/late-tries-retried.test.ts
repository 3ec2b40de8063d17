import { expect, test } from 'vitest';
import type { RetryCondition } from '../model/model.ts';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { lateTriesRetried } from './late-tries-retried.ts';

const late = (...conditions: RetryCondition[]) =>
  effectivePolicy({ tries: 3, perTryTimeoutMs: 200, conditions: ['unavailable', ...conditions] });

test.each([['reset'], ['gateway-error'], ['5xx'], ['deadline-exceeded']] as const)(
  '%s alone covers only one of the two ends that a late gRPC try has',
  (condition) => {
    expect(lateTriesRetried(late(condition))).toEqual([
      {
        subject: 'a->b.Ask',
        value: `retries.conditions: unavailable, ${condition}`,
        rule: 'late-tries-retried',
        message:
          'a try that takes over 200 ms ends in a reset or in deadline-exceeded, by chance: name both or neither.',
      },
    ]);
  },
);

test('both or neither leave nothing to chance', () => {
  expect(lateTriesRetried(late('reset', 'deadline-exceeded'))).toEqual([]);
  expect(lateTriesRetried(late())).toEqual([]);
});

test('there is no second end where no try has a time of its own, none follows, or the call is HTTP', () => {
  expect(lateTriesRetried({ ...late('reset'), perTryTimeoutMs: null })).toEqual([]);
  expect(lateTriesRetried({ ...late('reset'), tries: 1 })).toEqual([]);
  expect(lateTriesRetried({ ...late('reset'), protocol: 'http' })).toEqual([]);
});
