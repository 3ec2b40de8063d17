import type { EffectiveEjection, EffectivePolicy } from '../analysis/effective-policy.ts';

/** A safe gRPC call `caller->callee.rpc` that no rule objects to, with some of its parts replaced. */
export function effectivePolicy(change: Partial<EffectivePolicy> = {}): EffectivePolicy {
  const { caller = 'a', callee = 'b', rpc = 'Ask' } = change;
  return {
    id: `${caller}->${callee}.${rpc}`,
    caller,
    callee,
    rpc,
    method: 'POST',
    path: `/${callee}.v1.B/${rpc}`,
    protocol: 'grpc',
    external: false,
    calls: [],
    endpoints: [1],
    callerPods: [1],
    ratePerSecond: 20,
    load: [1],
    databaseMs: 0,
    idempotency: 'safe',
    afterTimeout: 'callee-stops',
    latencyBudgetMs: 2_000,
    availabilityPercent: 99,
    timeoutMs: 1_000,
    maxAttempts: 1,
    conditions: [],
    perTryTimeoutMs: null,
    longestBackoffMs: 0,
    inboundRetries: null,
    retryBudget: { percent: 20, minConcurrency: 3 },
    pool: { connectTimeoutMs: 100, maxConnections: null, maxRequests: null, maxPendingRequests: null },
    ejection: null,
    ...change,
  };
}

/** Five failures in a row eject any endpoint. */
export function effectiveEjection(change: Partial<EffectiveEjection> = {}): EffectiveEjection {
  return {
    consecutive5xx: 5,
    consecutiveGatewayErrors: 0,
    failureRate: null,
    successRate: false,
    splitLocalOrigin: false,
    intervalMs: 1_000,
    ejectionMs: 30_000,
    longestEjectionMs: 300_000,
    maxEjectionPercent: 'all',
    minHealthPercent: 0,
    ...change,
  };
}
