import { describe, expect, it } from 'vitest';
import { toEnvoyCluster } from './envoy-cluster.ts';
import { readRoute } from './envoy-route.ts';

/** As the sidecar of orders has it for payments, without what is not read here. */
const payments = {
  type: 'EDS',
  connect_timeout: '0.250s',
  circuit_breakers: {
    thresholds: [
      {
        max_connections: 256,
        max_pending_requests: 128,
        max_requests: 4_294_967_295,
        retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 3 },
      },
    ],
  },
  outlier_detection: {
    consecutive_5xx: 0,
    interval: '2s',
    base_ejection_time: '10s',
    max_ejection_percent: 100,
    enforcing_consecutive_5xx: 0,
    enforcing_success_rate: 0,
    failure_percentage_threshold: 50,
    enforcing_failure_percentage: 100,
    failure_percentage_minimum_hosts: 1,
    failure_percentage_request_volume: 20,
    max_ejection_time: '10s',
  },
  common_lb_config: { healthy_panic_threshold: {} },
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': { explicit_http_config: { http2_protocol_options: {} } },
  },
};

describe("Envoy's cluster", () => {
  it('is read in the words of an effective policy', () => {
    expect(toEnvoyCluster(payments)).toEqual({
      protocol: 'grpc',
      external: false,
      pool: { connectTimeoutMs: 250, maxConnections: 256, maxRequests: null, maxPendingRequests: 128 },
      retryBudget: { percent: 20, minConcurrency: 3 },
      ejection: {
        consecutive5xx: 0,
        consecutiveGatewayErrors: 0,
        failureRate: { percent: 50, minRequests: 20, minEndpoints: 1 },
        successRate: false,
        splitLocalOrigin: false,
        intervalMs: 2_000,
        ejectionMs: 10_000,
        longestEjectionMs: 10_000,
        maxEjectionPercent: 100,
        minHealthPercent: 0,
      },
    });
  });

  it("has Envoy's defaults for missing values", () => {
    const silent = { circuit_breakers: { thresholds: [{}] }, outlier_detection: {} };
    expect(toEnvoyCluster(silent)).toMatchObject({
      protocol: 'http',
      external: true,
      pool: { connectTimeoutMs: 5_000, maxConnections: 1_024 },
      retryBudget: null,
      ejection: {
        consecutive5xx: 5,
        failureRate: null,
        successRate: true,
        ejectionMs: 30_000,
        longestEjectionMs: 300_000,
        maxEjectionPercent: 10,
        minHealthPercent: 50,
      },
    });
  });

  it('is an error if a detector enforces only a share of its ejections', () => {
    const half = { ...payments, outlier_detection: { enforcing_failure_percentage: 50 } };
    expect(() => toEnvoyCluster(half)).toThrow('50 %');
  });
});

describe("Envoy's route", () => {
  const route = { cluster: 'outbound|8080||orders', timeout: '0.300s' };

  it('is read with its match, its timeout, its retries and the maximum total of their pauses', () => {
    const match = {
      safe_regex: { regex: '/v1/orders/[^/]{1,200}' },
      headers: [{ name: ':method', string_match: { exact: 'GET' } }],
    };
    const retry_policy = {
      retry_on: 'reset,connect-failure',
      num_retries: 5,
      retry_back_off: { base_interval: '0.010s' },
    };
    expect(readRoute({ name: 'gateway.GetOrder', match, route: { ...route, retry_policy } })).toEqual({
      name: 'gateway.GetOrder',
      cluster: 'outbound|8080||orders',
      method: 'GET',
      path: '/v1/orders/{}',
      timeoutMs: 300,
      retries: {
        attempts: 5,
        conditions: ['connect-failure', 'reset'],
        perTryTimeoutMs: null,
        backoffMs: 10,
        // 10, 20, 40, 80, and from there on ten times the base.
        longestBackoffMs: 250,
      },
    });
  });

  it('has no timeout and no retries if it states none', () => {
    const silent = readRoute({
      match: { path: '/x' },
      route: { ...route, timeout: '0s', retry_policy: { num_retries: 0 } },
    });
    expect(silent).toMatchObject({ method: undefined, path: '/x', timeoutMs: null, retries: null });
  });

  it('is rejected if a duration is invalid, and the error quotes it', () => {
    expect(() => readRoute({ match: { path: '/x' }, route: { ...route, timeout: 'soon' } })).toThrow('"soon"');
  });
});
