import type { EnvoyFilterSpec } from '../imports/networking.istio.io.ts';
import { hostOf } from './addresses.ts';
import { type Caller, callerOf } from './caller.ts';
import type { Edge } from './edges.ts';
import type { FailureRateBreaker } from './model.ts';

/**
 * Adds to an edge's outlier detection what Istio's DestinationRule has no word for: ejection by the share of failures in an
 * interval (Envoy's failure_percentage_*). Envoy compares nothing between endpoints for it, so it holds for a single one, too.
 */
export function toFailureRateFilter(edge: Edge, breaker: FailureRateBreaker): EnvoyFilterSpec {
  const caller: Caller = callerOf(edge.caller);
  return {
    workloadSelector: { labels: caller.labels },
    configPatches: [
      {
        applyTo: 'CLUSTER',
        match: { context: caller.context, cluster: { service: hostOf(edge.callee, edge.service) } },
        patch: {
          operation: 'MERGE',
          value: {
            outlier_detection: {
              failure_percentage_threshold: breaker.percent,
              failure_percentage_request_volume: breaker.minRequests,
              // Envoy's defaults are five hosts, and 0 % of the ejections carried out.
              failure_percentage_minimum_hosts: 1,
              enforcing_failure_percentage: 100,
            },
          },
        },
      },
    ],
  };
}
