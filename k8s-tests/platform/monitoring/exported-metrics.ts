import { syncInteractions } from '../../../cdk8s/model/interactions.ts';
import { routeStatName } from '../../../cdk8s/model/slo.ts';
import { GATEWAY } from '../../../cdk8s/model/topology.ts';
import { topology } from '../../../cdk8s/topology.ts';

/** A metric under its name in Prometheus. A histogram is three series: name_bucket, name_sum, name_count. */
export interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Without `app` and `pod`, which Prometheus adds when it scrapes. */
  readonly labels: readonly string[];
}

const group = 'messaging_consumer_group_name';
const destination = 'messaging_destination_name';

/**
 * The metrics that services export on their metrics port. They have OpenTelemetry's names, with underscores for dots
 * and `_total` after a counter.
 */
export const serviceMetrics = {
  messaging_process_duration: { kind: 'histogram', labels: ['messaging_system', destination, group, 'error_type'] },
  messaging_client_consumed_messages_total: { kind: 'counter', labels: [destination, group] },
  messaging_client_sent_messages_total: { kind: 'counter', labels: [destination] },
  kafka_consumer_group_lag: { kind: 'gauge', labels: [group, destination, 'messaging_destination_partition_id'] },
  windlass_message_time_in_queue: { kind: 'histogram', labels: [destination, group] },
  windlass_message_redeliveries_total: { kind: 'counter', labels: [destination, group] },
  windlass_dead_letters_total: { kind: 'counter', labels: [group, 'cause'] },
  windlass_outbox_depth: { kind: 'gauge', labels: [] },
  windlass_outbox_age: { kind: 'gauge', labels: [] },
  windlass_topic_losses_total: { kind: 'counter', labels: [destination] },
  windlass_orders: { kind: 'gauge', labels: ['status'] },
  windlass_orders_late: { kind: 'gauge', labels: ['waits_for'] },
  windlass_sagas_stuck: { kind: 'gauge', labels: [] },
  windlass_order_duration: { kind: 'histogram', labels: ['outcome'] },
  windlass_saga_step_failures_total: { kind: 'counter', labels: ['step'] },
} as const satisfies Record<string, Metric>;

/** The metrics that sidecars export of each upstream cluster; charts/istio/istiod.yaml includes them. */
export const sidecarMetrics = {
  envoy_cluster_upstream_rq_total: { kind: 'counter', labels: ['cluster_name'] },
  envoy_cluster_upstream_rq_retry: { kind: 'counter', labels: ['cluster_name'] },
  envoy_cluster_upstream_rq_retry_overflow: { kind: 'counter', labels: ['cluster_name'] },
  envoy_cluster_outlier_detection_ejections_active: { kind: 'gauge', labels: ['cluster_name'] },
} as const satisfies Record<string, Metric>;

/** The connections that a sidecar refuses: plaintext, and certificates that are not the mesh's or missing. */
export const sidecarRefusals = {
  envoy_listener_no_filter_chain_match: { kind: 'counter', labels: ['listener_address'] },
  envoy_listener_ssl_connection_error: { kind: 'counter', labels: ['listener_address'] },
  envoy_listener_ssl_fail_verify_error: { kind: 'counter', labels: ['listener_address'] },
  envoy_listener_ssl_fail_verify_no_cert: { kind: 'counter', labels: ['listener_address'] },
  envoy_listener_ssl_fail_verify_san: { kind: 'counter', labels: ['listener_address'] },
} as const satisfies Record<string, Metric>;

/** What the gateway refuses, beside tokens. A 4xx is counted whether a service or the gateway itself answered it. */
const gatewayRefusals: Readonly<Record<string, Metric>> = {
  envoy_listener_ssl_connection_error: { kind: 'counter', labels: ['listener_address'] },
  envoy_connection_limit_edge_limited_connections: { kind: 'counter', labels: [] },
  envoy_edge_address_http_local_rate_limit_rate_limited: { kind: 'counter', labels: [] },
  envoy_edge_customer_http_local_rate_limit_rate_limited: { kind: 'counter', labels: [] },
  envoy_http_downstream_rq: { kind: 'counter', labels: ['response_code_class', 'http_conn_manager_prefix'] },
  envoy_http_downstream_rq_too_large: { kind: 'counter', labels: ['http_conn_manager_prefix'] },
};

/**
 * The metrics that the gateway's proxy exports: of refusals, of tokens, and of each route with an SLO, on its virtual
 * host `*:80`. The statuses of a class are exported from the first answer on.
 */
export const gatewayMetrics: Readonly<Record<string, Metric>> = Object.fromEntries([
  ...Object.entries(gatewayRefusals),
  ...['allowed', 'denied'].map((result): [string, Metric] => [
    `envoy_http_jwt_authn_${result}`,
    { kind: 'counter', labels: ['http_conn_manager_prefix'] },
  ]),
  ...syncInteractions(topology)
    .filter(({ caller }) => caller === GATEWAY)
    .flatMap(({ callee, rpcs }) =>
      Object.keys(rpcs).map((rpc) => `envoy_vhost___80_route_${routeStatName(callee, rpc)}`),
    )
    .flatMap((route): [string, Metric][] => [
      [`${route}_upstream_rq`, { kind: 'counter', labels: ['response_code_class'] }],
      [`${route}_upstream_rq_time`, { kind: 'histogram', labels: [] }],
    ]),
]);

/** What Prometheus knows of its targets, and what the exporters of Kafka and Postgres say. */
export const platformMetrics = {
  up: { kind: 'gauge', labels: ['job'] },
  kafka_server_failed_authentications_total: { kind: 'counter', labels: ['listener', 'thread'] },
  pg_up: { kind: 'gauge', labels: [] },
  pg_stat_activity_count: { kind: 'gauge', labels: ['datname', 'state'] },
  pg_settings_max_connections: { kind: 'gauge', labels: [] },
} as const satisfies Record<string, Metric>;

const allMetrics: Readonly<Record<string, Metric>> = {
  ...serviceMetrics,
  ...sidecarMetrics,
  ...sidecarRefusals,
  ...gatewayMetrics,
  ...platformMetrics,
};

/** The series that any of these metrics has in Prometheus. */
export function exportedSeries(): readonly string[] {
  return Object.entries(allMetrics).flatMap(([name, { kind }]) =>
    kind === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  );
}

/** The labels of a series, including those that Prometheus adds; undefined if nothing exports it. */
export function labelsOf(series: string): readonly string[] | undefined {
  const added = ['app', 'pod'];
  const histogram = allMetrics[series.replace(/_(bucket|sum|count)$/, '')];
  if (histogram?.kind === 'histogram' && histogram !== allMetrics[series]) {
    return [...histogram.labels, ...added, ...(series.endsWith('_bucket') ? ['le'] : [])];
  }
  const metric = allMetrics[series];
  return metric && metric.kind !== 'histogram' ? [...metric.labels, ...added] : undefined;
}
