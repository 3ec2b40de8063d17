import { expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { getIsSafe } from './get-is-safe.ts';

test.each(['by-key', 'none'] as const)('a GET that is %s is refused', (idempotency) => {
  expect(getIsSafe(effectivePolicy({ method: 'GET', idempotency }))).toEqual([
    {
      subject: 'a->b.Ask',
      value: `idempotency = ${idempotency}`,
      rule: 'get-is-safe',
      message: 'a GET changes nothing: safe is right, or another method.',
    },
  ]);
});

test('a safe GET is right', () => {
  expect(getIsSafe(effectivePolicy({ method: 'GET', idempotency: 'safe' }))).toEqual([]);
});

test.each(['safe', 'by-key', 'none'] as const)('a POST may be %s', (idempotency) => {
  expect(getIsSafe(effectivePolicy({ method: 'POST', idempotency }))).toEqual([]);
});
