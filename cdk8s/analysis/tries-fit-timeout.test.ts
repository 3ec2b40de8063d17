import { describe, expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { triesFitTimeout } from './tries-fit-timeout.ts';

const threeTries = effectivePolicy({ tries: 3, perTryTimeoutMs: 300, longestBackoffMs: 60 });

describe('tries with a time of their own', () => {
  test('may fill the timeout exactly, with the longest back-off', () => {
    expect(triesFitTimeout({ ...threeTries, timeoutMs: 960 })).toEqual([]);
  });

  test('are refused with the sum when a millisecond is missing', () => {
    expect(triesFitTimeout({ ...threeTries, timeoutMs: 959 })).toEqual([
      {
        subject: 'a->b.Ask',
        value: 'timeoutMs = 959',
        rule: 'tries-fit-timeout',
        message:
          '3 tries of 300 ms and up to 60 ms of back-off take 960 ms: the last never happen. Raise the timeout or ask for less.',
      },
    ]);
  });
});

describe('tries that share the timeout', () => {
  const sharing = { ...threeTries, perTryTimeoutMs: null };

  test('need a millisecond more than their back-off', () => {
    expect(triesFitTimeout({ ...sharing, timeoutMs: 61 })).toEqual([]);
  });

  test('are refused when the back-off takes all of it', () => {
    const [problem] = triesFitTimeout({ ...sharing, timeoutMs: 60 });
    expect(problem?.message).toContain('3 tries and up to 60 ms of back-off take 60 ms');
  });
});

test('a single try fits any timeout', () => {
  expect(triesFitTimeout({ ...threeTries, tries: 1, timeoutMs: 1 })).toEqual([]);
});

test('without a timeout everything fits', () => {
  expect(triesFitTimeout({ ...threeTries, timeoutMs: null })).toEqual([]);
});
