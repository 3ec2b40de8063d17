import type { EnvoyFilterSpec } from '../imports/networking.istio.io.ts';
import { hostOf } from '../model/addresses.ts';
import type { Dependency } from '../model/dependencies.ts';
import type { ConsecutiveBreaker, FailureRateBreaker } from '../model/policy.ts';
import { type Caller, callerOf } from './caller.ts';
import { formatDurationS } from './duration.ts';

/** Adds to a dependency's outlier detection what Istio's DestinationRule cannot express. */
export function toEjectionFilter(
  dependency: Dependency,
  breaker: ConsecutiveBreaker | FailureRateBreaker,
): EnvoyFilterSpec {
  const caller: Caller = callerOf(dependency.caller);
  return {
    workloadSelector: { labels: caller.labels },
    configPatches: [
      {
        applyTo: 'CLUSTER',
        match: { context: caller.context, cluster: { service: hostOf(dependency.callee, dependency.service) } },
        patch: {
          operation: 'MERGE',
          value: {
            outlier_detection: {
              // Otherwise the n-th ejection lasts n times as long, up to 300 s: after an outage of minutes no caller
              // would call a callee that recovered long ago.
              max_ejection_time: formatDurationS(breaker.ejectionMs),
              ...(breaker.kind === 'failure-rate' && failureRate(breaker)),
            },
          },
        },
      },
    ],
  };
}

/**
 * Ejection by the share of failures in an interval. Envoy compares nothing between endpoints for it, so it holds for a
 * single one, too.
 */
function failureRate({ percent, minRequests }: FailureRateBreaker) {
  return {
    failure_percentage_threshold: percent,
    failure_percentage_request_volume: minRequests,
    // Envoy's defaults are five hosts, and 0 % of the ejections carried out.
    failure_percentage_minimum_hosts: 1,
    enforcing_failure_percentage: 100,
  };
}
