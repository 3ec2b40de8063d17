import type {
  DestinationRuleSpec,
  DestinationRuleSpecTrafficPolicyConnectionPool,
  DestinationRuleSpecTrafficPolicyOutlierDetection,
  DestinationRuleSpecTrafficPolicyTls,
} from '../imports/networking.istio.io.ts';
import { hostOf } from '../model/addresses.ts';
import type { Dependency } from '../model/dependencies.ts';
import {
  type ConnectionPool,
  type ConsecutiveBreaker,
  ejectablePercent,
  type FailureRateBreaker,
} from '../model/policy.ts';
import type { Partner } from '../model/topology.ts';
import { formatDurationMs } from './duration.ts';
import { caFile } from './partner-ca.ts';

/**
 * What one dependency's caller does to the callee's endpoints. Without `selectCaller` it holds for every caller that
 * has no rule of its own; with it, Istio prefers it in exactly that caller's proxies.
 *
 * @param exportTo the namespaces of the callers that it holds for
 */
export function toDestinationRule(
  dependency: Dependency,
  selectCaller: boolean,
  exportTo: readonly string[],
): DestinationRuleSpec {
  const { pool, breaker, retryBudget } = dependency.policy;
  return {
    exportTo: [...exportTo],
    host: hostOf(dependency.callee, dependency.service),
    ...(selectCaller && { workloadSelector: { matchLabels: { app: dependency.caller } } }),
    trafficPolicy: {
      connectionPool: toConnectionPool(pool),
      ...(breaker.kind !== 'none' && { outlierDetection: toOutlierDetection(breaker) }),
      retryBudget: { percent: retryBudget.percent, minRetryConcurrency: retryBudget.minConcurrency },
      ...(dependency.service.external && { tls: toTls(dependency.service.external) }),
    },
  };
}

function toConnectionPool(pool: ConnectionPool): DestinationRuleSpecTrafficPolicyConnectionPool {
  return {
    tcp: { connectTimeout: formatDurationMs(pool.connectTimeoutMs), maxConnections: pool.maxConnections },
    http: { http2MaxRequests: pool.maxRequests, http1MaxPendingRequests: pool.maxPendingRequests },
  };
}

/** The part of a breaker that Istio's API can express; an EnvoyFilter has the rest (ejection-filter.ts). */
function toOutlierDetection(
  breaker: ConsecutiveBreaker | FailureRateBreaker,
): DestinationRuleSpecTrafficPolicyOutlierDetection {
  return {
    consecutive5XxErrors: breaker.kind === 'consecutive' ? breaker.failures : 0,
    interval: formatDurationMs(breaker.intervalMs),
    baseEjectionTime: formatDurationMs(breaker.ejectionMs),
    maxEjectionPercent: ejectablePercent(breaker.maxEjectionPercent),
  };
}

/**
 * The sidecar originates TLS and accepts only a certificate of that authority for that name; Istio's default verifies
 * nothing.
 */
function toTls({ host, ca }: Partner): DestinationRuleSpecTrafficPolicyTls {
  return { mode: 'SIMPLE', sni: host, caCertificates: caFile(ca), subjectAltNames: [host] };
}
