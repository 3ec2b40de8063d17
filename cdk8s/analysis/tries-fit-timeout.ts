import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/**
 * All tries and the longest back-off between them must fit the call's timeout, or the last tries never happen.
 * Tries without a time of their own end early only by failing fast: of them, the back-off alone must leave time.
 */
export function triesFitTimeout(dependency: EffectivePolicy): Problem[] {
  const { id, timeoutMs, tries, perTryTimeoutMs, longestBackoffMs } = dependency;
  if (timeoutMs === null || tries === 1) return [];
  const needMs = tries * (perTryTimeoutMs ?? 0) + longestBackoffMs;
  if (perTryTimeoutMs === null ? needMs < timeoutMs : needMs <= timeoutMs) return [];
  const per = perTryTimeoutMs === null ? `${tries} tries` : `${tries} tries of ${perTryTimeoutMs} ms`;
  return [
    {
      subject: id,
      value: `timeoutMs = ${timeoutMs}`,
      rule: 'tries-fit-timeout',
      message: `${per} and up to ${longestBackoffMs} ms of back-off take ${needMs} ms: the last never happen. Raise the timeout or ask for less.`,
    },
  ];
}
