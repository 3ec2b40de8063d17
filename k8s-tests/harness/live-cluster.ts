import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { readDurationMs } from './duration.ts';
import type { PodRef } from './pod-ref.ts';
import { askEnvoy } from './proxies.ts';

/** What a proxy does to the endpoints of a host, as Envoy has it. `null`: it does no such thing. */
export interface ClusterNumbers {
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxRequests: number;
  readonly maxPendingRequests: number;
  readonly retryBudget: { readonly percent: number; readonly minConcurrency: number } | null;
  readonly ejection: EjectionNumbers | null;
}

/** When endpoints are ejected, and for how long. A detector that carries out none of its ejections is `null`. */
export interface EjectionNumbers {
  readonly consecutive5xx: { readonly failures: number; readonly enforcedPercent: number } | null;
  readonly failureRate: {
    readonly percent: number;
    readonly minRequests: number;
    readonly minEndpoints: number;
    readonly enforcedPercent: number;
  } | null;
  /** Envoy's other detectors, which no policy speaks of. */
  readonly others: { readonly gatewayFailurePercent: number; readonly successRatePercent: number };
  readonly intervalMs: number;
  readonly ejectionMs: number;
  /** Each ejection lasts `ejectionMs` times their number, up to this. */
  readonly longestEjectionMs: number;
  readonly maxEjectionPercent: number;
  /** Below this share of healthy endpoints Envoy would call ejected ones all the same. */
  readonly panicPercent: number;
}

const durationMs = z.string().transform(readDurationMs);

/** Envoy's own defaults filled in. */
const ejectionSchema = z.object({
  consecutive_5xx: z.number().default(5),
  enforcing_consecutive_5xx: z.number().default(100),
  enforcing_consecutive_gateway_failure: z.number().default(0),
  enforcing_success_rate: z.number().default(100),
  failure_percentage_threshold: z.number().default(85),
  failure_percentage_request_volume: z.number().default(50),
  failure_percentage_minimum_hosts: z.number().default(5),
  enforcing_failure_percentage: z.number().default(0),
  interval: durationMs.default(10_000),
  base_ejection_time: durationMs.default(30_000),
  max_ejection_time: durationMs.default(300_000),
  max_ejection_percent: z.number().default(10),
});

const clusterSchema = z.object({
  name: z.string(),
  connect_timeout: durationMs.default(5_000),
  circuit_breakers: z.object({
    thresholds: z.tuple([
      z.object({
        max_connections: z.number().default(1_024),
        max_requests: z.number().default(1_024),
        max_pending_requests: z.number().default(1_024),
        retry_budget: z
          .object({
            budget_percent: z.object({ value: z.number().default(0) }).default({ value: 20 }),
            min_retry_concurrency: z.number().default(3),
          })
          .optional(),
      }),
    ]),
  }),
  outlier_detection: ejectionSchema.optional(),
  common_lb_config: z
    .object({ healthy_panic_threshold: z.object({ value: z.number().default(0) }).default({ value: 50 }) })
    .default({ healthy_panic_threshold: { value: 50 } }),
});

const dumpSchema = z.object({ configs: z.array(z.object({ cluster: z.unknown() })).default([]) });
const namedSchema = z.object({ name: z.string() });

/** What the pod's proxy has of that name now. Fails when there is none. */
export async function readCluster(cluster: Cluster, pod: PodRef, name: string): Promise<ClusterNumbers> {
  const dump = dumpSchema.parse(await askEnvoy(cluster, pod, '/config_dump?resource=dynamic_active_clusters'));
  const found = dump.configs.find((config) => namedSchema.parse(config.cluster).name === name);
  if (found === undefined) throw new Error(`${pod.name} has no cluster ${name}`);
  const { connect_timeout, circuit_breakers, outlier_detection, common_lb_config } = clusterSchema.parse(found.cluster);
  const [limits] = circuit_breakers.thresholds;
  const budget = limits.retry_budget;
  return {
    connectTimeoutMs: connect_timeout,
    maxConnections: limits.max_connections,
    maxRequests: limits.max_requests,
    maxPendingRequests: limits.max_pending_requests,
    retryBudget: budget ? { percent: budget.budget_percent.value, minConcurrency: budget.min_retry_concurrency } : null,
    ejection: outlier_detection ? ejectionOf(outlier_detection, common_lb_config.healthy_panic_threshold.value) : null,
  };
}

function ejectionOf(live: z.infer<typeof ejectionSchema>, panicPercent: number): EjectionNumbers {
  const enforced5xx = live.enforcing_consecutive_5xx;
  const enforcedRate = live.enforcing_failure_percentage;
  return {
    consecutive5xx: enforced5xx === 0 ? null : { failures: live.consecutive_5xx, enforcedPercent: enforced5xx },
    failureRate:
      enforcedRate === 0
        ? null
        : {
            percent: live.failure_percentage_threshold,
            minRequests: live.failure_percentage_request_volume,
            minEndpoints: live.failure_percentage_minimum_hosts,
            enforcedPercent: enforcedRate,
          },
    others: {
      gatewayFailurePercent: live.enforcing_consecutive_gateway_failure,
      successRatePercent: live.enforcing_success_rate,
    },
    intervalMs: live.interval,
    ejectionMs: live.base_ejection_time,
    longestEjectionMs: Math.max(live.max_ejection_time, live.base_ejection_time),
    maxEjectionPercent: live.max_ejection_percent,
    panicPercent,
  };
}
