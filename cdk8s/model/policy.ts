import type { Topology } from './topology.ts';

/** The types of policies.ts. What must be decided has no default. */

/** Envoy's retry conditions, by what may have happened at the callee when they hold. */
export type RetryCondition =
  /** Nothing: the request never reached it. */
  | 'connect-failure'
  | 'refused-stream'
  | 'reset-before-request'
  /** gRPC UNAVAILABLE: nothing, by our services' own rule. */
  | 'unavailable'
  /** Anything: only idempotent calls may be retried. */
  | 'reset'
  | 'gateway-error'
  | '5xx'
  | 'cancelled'
  | 'deadline-exceeded'
  | 'resource-exhausted';

export interface RetryOn {
  readonly kind: 'on';
  readonly conditions: readonly RetryCondition[];
  /** Attempts after the first one, as in Istio. */
  readonly attempts: number;
  /**
   * Time for each attempt, the first included. `rest-of-timeout`: an attempt may use all that is left of the call's
   * timeout, so only quick failures are retried, and a slow call is cut off once, at the timeout.
   */
  readonly perTryTimeoutMs: number | 'rest-of-timeout';
  /** Base of the exponential, jittered back-off. */
  readonly backoffMs: number;
}

export interface RpcPolicy {
  /** For all attempts and their back-off. */
  readonly timeoutMs: number;
  /**
   * What the callee does once the caller has given up an attempt. `callee-stops`: the calls that it makes in turn end
   * within the attempt's time, which the analysis checks, or the call is `safe` and leaves nothing behind.
   * `callee-carries-on`: it may still finish; only a key makes that harmless.
   */
  readonly afterTimeout: 'callee-stops' | 'callee-carries-on';
  /** May it run twice? `safe`: it changes nothing; `by-key`: the callee enforces an idempotency key; `none`: no. */
  readonly idempotency: 'safe' | 'by-key' | 'none';
  readonly retries: { readonly kind: 'never' } | RetryOn;
}

/**
 * What all breakers state. A breaker ejects an endpoint of the callee for a while; each caller's proxy decides for
 * itself.
 */
interface Ejection {
  /** How often failures and ejections are reviewed: an endpoint comes back at the first review after its time. */
  readonly intervalMs: number;
  /**
   * Of every ejection, however many came before: Envoy's own default would make the n-th n times as long, up to 300 s.
   */
  readonly ejectionMs: number;
  /** Of the callee's endpoints, below 100; `all` states that every one may be out: callers then fail at once. */
  readonly maxEjectionPercent: number | 'all';
}

/**
 * Ejects after so many failures without a success in between: 5xx, gRPC statuses that count as such, cut and lost
 * calls.
 */
export interface ConsecutiveBreaker extends Ejection {
  readonly kind: 'consecutive';
  readonly failures: number;
}

/** Ejects when the share of failures within an interval reaches a limit, successes in between or not. */
export interface FailureRateBreaker extends Ejection {
  readonly kind: 'failure-rate';
  readonly percent: number;
  /** Calls that an endpoint must have had in the interval; with fewer its share says nothing. */
  readonly minRequests: number;
}

export type Breaker = { readonly kind: 'none' } | ConsecutiveBreaker | FailureRateBreaker;

export interface ConnectionPool {
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  /** Requests under way, and requests that wait for a connection. */
  readonly maxRequests: number;
  readonly maxPendingRequests: number;
}

/** Caps retries in flight at `percent` of the requests in flight, but never below `minConcurrency`. */
export interface RetryBudget {
  readonly percent: number;
  readonly minConcurrency: number;
}

/** What one caller does about one callee. */
export interface DependencyPolicy<RpcName extends string = string> {
  readonly breaker: Breaker;
  readonly pool: ConnectionPool;
  readonly retryBudget: RetryBudget;
  readonly rpcs: Readonly<Record<RpcName, RpcPolicy>>;
}

/** By dependency, `caller->callee`. */
export type Policies = Readonly<Record<string, DependencyPolicy>>;

type SyncOf<T extends Topology> = Extract<T['interactions'][number], { style: 'sync' }>;

/**
 * A policy for each dependency and RPC of exactly this topology, a dependency for each policy: checked by the compiler.
 */
export type PoliciesFor<T extends Topology> = {
  readonly [E in SyncOf<T> as `${E['caller']}->${E['callee']}`]: DependencyPolicy<keyof E['rpcs'] & string>;
};

/** A breaker's `maxEjectionPercent` as a number. */
export function ejectablePercent(max: number | 'all'): number {
  return max === 'all' ? 100 : max;
}
