import type { Breaker, DependencyPolicy, RpcPolicy } from '../../../cdk8s/model/model.ts';
import type { ClusterNumbers, EjectionNumbers } from '../../harness/live-cluster.ts';
import type { RouteNumbers } from '../../harness/live-route.ts';

/**
 * What a policy must come to in Envoy. Written apart from the mapping on purpose: where both were one, the tests would only
 * show that it is applied, and not that it is right.
 */
export function expectedRoute({ timeoutMs, retries }: RpcPolicy): RouteNumbers {
  if (retries.kind === 'never') return { timeoutMs, retries: null };
  const { attempts, conditions, perTryTimeoutMs, backoffMs } = retries;
  return {
    timeoutMs,
    retries: {
      attempts,
      conditions: [...conditions].sort(),
      perTryTimeoutMs: perTryTimeoutMs === 'rest-of-timeout' ? null : perTryTimeoutMs,
      backoffMs,
    },
  };
}

export function expectedCluster({ pool, retryBudget, breaker }: DependencyPolicy): ClusterNumbers {
  return { ...pool, retryBudget, ejection: expectedEjection(breaker) };
}

function expectedEjection(breaker: Breaker): EjectionNumbers | null {
  if (breaker.kind === 'none') return null;
  const { intervalMs, ejectionMs, maxEjectionPercent } = breaker;
  return {
    ...detectors(breaker),
    others: { gatewayFailurePercent: 0, successRatePercent: 0 },
    intervalMs,
    ejectionMs,
    longestEjectionMs: ejectionMs,
    maxEjectionPercent: maxEjectionPercent === 'all' ? 100 : maxEjectionPercent,
    panicPercent: 0,
  };
}

function detectors(
  breaker: Exclude<Breaker, { kind: 'none' }>,
): Pick<EjectionNumbers, 'consecutive5xx' | 'failureRate'> {
  const enforcedPercent = 100;
  if (breaker.kind === 'consecutive') {
    return { consecutive5xx: { failures: breaker.failures, enforcedPercent }, failureRate: null };
  }
  const { percent, minRequests } = breaker;
  return { consecutive5xx: null, failureRate: { percent, minRequests, minEndpoints: 1, enforcedPercent } };
}
