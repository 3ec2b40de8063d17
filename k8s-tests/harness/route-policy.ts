import { readDurationMs } from './duration.ts';

/** What a route does about slowness and failure, told the same way for a VirtualService and for Envoy's live config. */
export interface RoutePolicy {
  /** For the whole call with all its tries; 0 is none. */
  readonly timeoutMs: number;
  /** Tries after the first. */
  readonly attempts: number;
}

/** The part of a VirtualService's HTTP route that is read here. */
export interface HttpRoute {
  readonly name?: string;
  readonly timeout?: string;
  readonly retries?: { readonly attempts?: number };
}

/** The part of an Envoy route that is read here. */
export interface EnvoyRoute {
  readonly name?: string;
  readonly route?: {
    readonly timeout?: string;
    readonly retry_policy?: { readonly num_retries?: number };
  };
}

/** Where a route states nothing the mesh does nothing: no timeout, and `defaultHttpRetryPolicy` has 0 attempts. */
export function policyOfHttpRoute({ timeout, retries }: HttpRoute): RoutePolicy {
  return { timeoutMs: readDurationMs(timeout ?? '0s'), attempts: retries?.attempts ?? 0 };
}

/** Envoy's own default for `num_retries` is 1. */
export function policyOfEnvoyRoute({ route }: EnvoyRoute): RoutePolicy {
  const retry = route?.retry_policy;
  return {
    timeoutMs: readDurationMs(route?.timeout ?? '15s'),
    attempts: retry === undefined ? 0 : (retry.num_retries ?? 1),
  };
}
