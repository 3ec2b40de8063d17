/**
 * What a customer may expect of one route of the gateway, over 30 days. Failures that the gateway itself answers, such
 * as a timeout, count like the service's own; a client's errors (4xx) do not.
 */
export interface Slo {
  /** Share of requests that must not end in a 5xx. */
  readonly availabilityPercent: number;
  readonly latency: {
    /** Share of the answers that must come within `withinMs`. */
    readonly percent: number;
    /** One of `LATENCY_BUCKETS_MS`: what the gateway's proxy counts. */
    readonly withinMs: number;
  };
}

/** Upper bounds of Envoy's default histogram buckets, as far as a customer waits. */
export const LATENCY_BUCKETS_MS: readonly number[] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/**
 * How many times faster than over 30 days an error budget may burn before somebody learns of it: at 14.4 times, 2 % of it
 * is gone within an hour. The windows and factors are those of the Site Reliability Workbook, chapter 5.
 */
export const BURN_RATES = [
  { action: 'page', factor: 14.4, long: '1h', short: '5m' },
  { action: 'page', factor: 6, long: '6h', short: '30m' },
  { action: 'ticket', factor: 3, long: '1d', short: '2h' },
  { action: 'ticket', factor: 1, long: '3d', short: '6h' },
] as const;

/**
 * The name under which the gateway's proxy counts a route's requests, and which becomes part of the metrics' names:
 * `orders_PlaceOrder`.
 */
export function routeStatName(callee: string, rpc: string): string {
  return `${callee.replaceAll('-', '_')}_${rpc}`;
}
