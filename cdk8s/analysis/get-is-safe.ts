import type { Problem } from '../model/problem.ts';
import type { EffectiveEdge } from './effective-policy.ts';

/** Everyone between client and service takes a GET for safe (RFC 9110, 9.2.1): so it must be. */
export function getIsSafe({ id, method, idempotency }: EffectiveEdge): Problem[] {
  if (method !== 'GET' || idempotency === 'safe') return [];
  return [
    {
      edge: id,
      value: `idempotency = ${idempotency}`,
      rule: 'get-is-safe',
      message: 'a GET changes nothing: safe is right, or another method.',
    },
  ];
}
