import type { RetryOn } from '../../../cdk8s/model/policy.ts';
import { chainOf } from './chain.ts';

/** Failures that come at once are retried; a slow call may use all of its timeout. */
const quickFailures = {
  kind: 'on',
  conditions: ['gateway-error'],
  attempts: 2,
  perTryTimeoutMs: 'rest-of-timeout',
  backoffMs: 10,
} as const satisfies RetryOn;

/** Three hops that all retry twice. Each hop alone admits 1.04 calls per request, three of them 1.13. */
export const stormChain = chainOf({
  namespace: 'retry-storm',
  hops: {
    first: { timeoutMs: 30_000, retries: quickFailures },
    second: { timeoutMs: 20_000, retries: quickFailures },
    leaf: { timeoutMs: 10_000, retries: quickFailures },
  },
  connectTimeoutMs: 1_000,
  retryBudget: { percent: 4, minConcurrency: 3 },
  ratePerSecond: 200,
  limits: { worstCaseCalls: 27, sustainedCalls: 1.2 },
});

/** Five hops that all retry twice, for callees that fail a small share of their calls at once. */
export const longChain = chainOf({
  namespace: 'aborts',
  hops: {
    first: { timeoutMs: 25_000, retries: quickFailures },
    second: { timeoutMs: 20_000, retries: quickFailures },
    third: { timeoutMs: 15_000, retries: quickFailures },
    fourth: { timeoutMs: 10_000, retries: quickFailures },
    leaf: { timeoutMs: 5_000, retries: quickFailures },
  },
  // A busy machine stalls for seconds, which fails connects. Here only aborts may fail a call.
  connectTimeoutMs: 4_000,
  retryBudget: { percent: 4, minConcurrency: 3 },
  ratePerSecond: 100,
  limits: { worstCaseCalls: 243, sustainedCalls: 1.25 },
});

/** One retry of an attempt that takes too long. */
const retryAfter = (perTryTimeoutMs: number): RetryOn => ({
  kind: 'on',
  conditions: ['gateway-error'],
  attempts: 1,
  perTryTimeoutMs,
  backoffMs: 10,
});

/** Three hops that retry once what takes too long: an unanswered request becomes eight at the leaf. */
export const slowChain = chainOf({
  namespace: 'slow-leaf',
  hops: {
    first: { timeoutMs: 3_100, retries: retryAfter(1_500) },
    second: { timeoutMs: 1_450, retries: retryAfter(700) },
    leaf: { timeoutMs: 650, retries: retryAfter(300) },
  },
  connectTimeoutMs: 250,
  // At this rate about ten calls of a hop are in flight, and the floor is what counts.
  retryBudget: { percent: 4, minConcurrency: 1 },
  ratePerSecond: 30,
  limits: { worstCaseCalls: 8, sustainedCalls: 1.2 },
});
