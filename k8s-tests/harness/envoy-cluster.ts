import { z } from 'zod';
import type { EffectiveEjection, EffectivePolicy } from '../../cdk8s/analysis/effective-policy.ts';
import type { Cluster } from './cluster.ts';
import { askEnvoy, readDurationMs } from './envoy.ts';
import type { PodRef } from './names.ts';

/** The connection limits and ejections of a proxy's cluster in Envoy, in the words of an effective policy. */
export type EnvoyCluster = Pick<EffectivePolicy, 'protocol' | 'external' | 'pool' | 'retryBudget' | 'ejection'>;

const durationMs = z.string().transform(readDurationMs);
const unbounded = 2 ** 32 - 1;
const bound = z
  .number()
  .default(1_024)
  .transform((value) => (value === unbounded ? null : value));

/** The config of a cluster, with Envoy's defaults for missing values. */
const ejectionSchema = z.object({
  consecutive_5xx: z.number().default(5),
  enforcing_consecutive_5xx: z.number().default(100),
  consecutive_gateway_failure: z.number().default(5),
  enforcing_consecutive_gateway_failure: z.number().default(0),
  enforcing_success_rate: z.number().default(100),
  failure_percentage_threshold: z.number().default(85),
  failure_percentage_request_volume: z.number().default(50),
  failure_percentage_minimum_hosts: z.number().default(5),
  enforcing_failure_percentage: z.number().default(0),
  split_external_local_origin_errors: z.boolean().default(false),
  interval: durationMs.default(10_000),
  base_ejection_time: durationMs.default(30_000),
  max_ejection_time: durationMs.default(300_000),
  max_ejection_percent: z.number().default(10),
});

const http = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const clusterSchema = z.object({
  type: z.string().default('STATIC'),
  connect_timeout: durationMs.default(5_000),
  typed_extension_protocol_options: z
    .object({
      [http]: z.object({
        explicit_http_config: z.object({ http2_protocol_options: z.object().optional() }).optional(),
      }),
    })
    .partial()
    .optional(),
  circuit_breakers: z.object({
    thresholds: z.tuple([
      z.object({
        max_connections: bound,
        max_requests: bound,
        max_pending_requests: bound,
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

/** Reads the cluster with this name from the pod's proxy. Throws if there is none. */
export async function readCluster(cluster: Cluster, pod: PodRef, name: string): Promise<EnvoyCluster> {
  const dump = dumpSchema.parse(await askEnvoy(cluster, pod, '/config_dump?resource=dynamic_active_clusters'));
  const found = dump.configs.find((config) => namedSchema.parse(config.cluster).name === name);
  if (found === undefined) throw new Error(`${pod.name} has no cluster ${name}`);
  return toEnvoyCluster(found.cluster);
}

const statusesSchema = z.object({
  cluster_statuses: z.array(z.object({ name: z.string(), host_statuses: z.array(z.unknown()).default([]) })),
});

/** Counts the endpoints that the pod's proxy has for the cluster with this name. Throws if there is no such cluster. */
export async function countEndpoints(cluster: Cluster, pod: PodRef, name: string): Promise<number> {
  const { cluster_statuses: statuses } = statusesSchema.parse(await askEnvoy(cluster, pod, '/clusters?format=json'));
  const found = statuses.find((status) => status.name === name);
  if (found === undefined) throw new Error(`${pod.name} has no cluster ${name}`);
  return found.host_statuses.length;
}

/** @param config as in Envoy's config dump */
export function toEnvoyCluster(config: unknown): EnvoyCluster {
  const live = clusterSchema.parse(config);
  const [limits] = live.circuit_breakers.thresholds;
  const budget = limits.retry_budget;
  return {
    protocol: live.typed_extension_protocol_options?.[http]?.explicit_http_config?.http2_protocol_options
      ? 'grpc'
      : 'http',
    // For hosts inside the mesh istiod sends the endpoints. The proxy resolves the name of a partner.
    external: live.type !== 'EDS',
    pool: {
      connectTimeoutMs: live.connect_timeout,
      maxConnections: limits.max_connections,
      maxRequests: limits.max_requests,
      maxPendingRequests: limits.max_pending_requests,
    },
    retryBudget: budget ? { percent: budget.budget_percent.value, minConcurrency: budget.min_retry_concurrency } : null,
    ejection: live.outlier_detection
      ? toEjection(live.outlier_detection, live.common_lb_config.healthy_panic_threshold.value)
      : null,
  };
}

function toEjection(live: z.infer<typeof ejectionSchema>, panicPercent: number): EffectiveEjection {
  return {
    consecutive5xx: isEnforced(live.enforcing_consecutive_5xx) ? live.consecutive_5xx : 0,
    consecutiveGatewayErrors: isEnforced(live.enforcing_consecutive_gateway_failure)
      ? live.consecutive_gateway_failure
      : 0,
    failureRate: isEnforced(live.enforcing_failure_percentage)
      ? {
          percent: live.failure_percentage_threshold,
          minRequests: live.failure_percentage_request_volume,
          minEndpoints: live.failure_percentage_minimum_hosts,
        }
      : null,
    successRate: isEnforced(live.enforcing_success_rate),
    splitLocalOrigin: live.split_external_local_origin_errors,
    intervalMs: live.interval,
    ejectionMs: live.base_ejection_time,
    longestEjectionMs: Math.max(live.max_ejection_time, live.base_ejection_time),
    maxEjectionPercent: live.max_ejection_percent,
    minHealthPercent: panicPercent,
  };
}

/** Whether a detector enforces its ejections: all or none, because a policy cannot state a percentage. */
function isEnforced(percent: number): boolean {
  if (percent !== 0 && percent !== 100) throw new Error(`a detector enforces ${percent} % of its ejections`);
  return percent === 100;
}
