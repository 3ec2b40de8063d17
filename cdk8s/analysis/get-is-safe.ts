import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/** Everyone between client and service takes a GET for safe (RFC 9110, 9.2.1): so it must be. */
export function getIsSafe({ id, method, idempotency }: EffectivePolicy): Problem[] {
  if (method !== 'GET' || idempotency === 'safe') return [];
  return [
    {
      subject: id,
      value: `idempotency = ${idempotency}`,
      rule: 'get-is-safe',
      message: 'a GET changes nothing: safe is right, or another method.',
    },
  ];
}
