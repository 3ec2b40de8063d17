import type { Decision } from './decision.ts';
import type { Saga } from './saga-step.ts';

/**
 * The words that topology.ts and policies.ts are written in. Types only; what must be decided has no default.
 */

/** The gateway in front of everything: it calls, but is none of our workloads. */
export const GATEWAY = 'gateway';

interface Workload {
  readonly namespace: string;
  /** What the image runs. @default the service's name */
  readonly program?: string;
  /** The folder below services/ that the program's code is in. @default the program's name */
  readonly code?: string;
  /** Database and role, and with them the secret `postgres-<database>`. */
  readonly database: string;
  readonly why: string;
}

/** Part of the mesh: its sidecar speaks mTLS for it. */
export interface OwnService extends Workload {
  /** Ports that others call. `http` is 8080, `grpc` is 50051; a service with neither has no Kubernetes Service. */
  readonly serves: 'http' | 'grpc' | 'nothing';
  readonly external?: never;
}

/** A partner's: no sidecar, and TLS on 8443 only, with the certificate in the Secret `<name>-tls`. */
export interface PartnerService extends Workload {
  readonly serves: 'https';
  readonly external: Partner;
}

/** What the mesh knows of a partner. Callers speak plain HTTP to the host; their sidecars make TLS of it. */
export interface Partner {
  /** The name that callers use, and that the partner's certificate must be for. */
  readonly host: string;
  /** ConfigMap in the callers' namespace whose key `ca.crt` has the one authority that this host's certificate may be from. */
  readonly ca: string;
}

export type Service = OwnService | PartnerService;

/** A topic, as it is in every environment; its replication is the environment's. */
export interface Topic {
  readonly partitions: number;
  /** How long a record is kept, and so how far back a consumer can be rebuilt. */
  readonly retentionDays: number;
}

export interface Rpc {
  /** gRPC: the full method, `/package.Service/Method`. HTTP: a path as the service writes it; `{id}` is one segment. */
  readonly path: string;
  /** HTTP only; a gRPC call is always a POST. */
  readonly method?: 'GET' | 'POST';
  /** Calls that the callee makes before it answers, one after the other, as `callee.Rpc`. */
  readonly calls: readonly string[];
  readonly why: string;
}

/** Someone waits for the answer. */
export interface SyncInteraction {
  readonly style: 'sync';
  readonly caller: string;
  readonly callee: string;
  readonly decision: Decision;
  readonly rpcs: Readonly<Record<string, Rpc>>;
}

/** Nobody waits: the producer's work is done once the event is stored. */
export interface AsyncInteraction {
  readonly style: 'async';
  readonly producer: string;
  readonly topic: string;
  /** None: it is there for who investigates an order, and for consumers to come. */
  readonly consumers: readonly string[];
  readonly decision: Decision;
  readonly why: string;
}

export interface Topology {
  readonly services: Readonly<Record<string, Service>>;
  readonly topics: Readonly<Record<string, Topic>>;
  readonly interactions: readonly (SyncInteraction | AsyncInteraction)[];
}

/** Envoy's retry conditions, by what may have happened at the callee when they hold. */
export type RetryCondition =
  /** Nothing: the request never reached it. */
  | 'connect-failure'
  | 'refused-stream'
  | 'reset-before-request'
  /** gRPC UNAVAILABLE: nothing, by our services' own rule. */
  | 'unavailable'
  /** Anything: only idempotent calls may be tried again. */
  | 'reset'
  | 'gateway-error'
  | '5xx'
  | 'cancelled'
  | 'deadline-exceeded'
  | 'resource-exhausted';

export interface RetryOn {
  readonly kind: 'on';
  readonly conditions: readonly RetryCondition[];
  /** Tries after the first one. */
  readonly attempts: number;
  /**
   * Time for each try, the first included. `rest-of-timeout`: a try may use all that is left of the call's time, so that
   * only failures that come fast are tried again, and a slow callee is cut once, at the timeout.
   */
  readonly perTryTimeoutMs: number | 'rest-of-timeout';
  /** Base of the exponential, jittered back-off. */
  readonly backoffMs: number;
}

export interface RpcPolicy {
  /** For all tries and their back-off. */
  readonly timeoutMs: number;
  /**
   * What the callee does once the caller has given up a try. `callee-stops`: the calls it makes in turn end within the
   * try's time, which the analysis checks, or the call is `safe` and leaves nothing behind. `callee-carries-on`: it may
   * still finish; only a key makes that harmless.
   */
  readonly afterTimeout: 'callee-stops' | 'callee-carries-on';
  /** May it run twice? `safe`: it changes nothing; `by-key`: the callee enforces an idempotency key; `none`: no. */
  readonly idempotency: 'safe' | 'by-key' | 'none';
  readonly retries: { readonly kind: 'never' } | RetryOn;
}

/** What all breakers state. A breaker ejects an endpoint of the callee for a while; each caller's proxy decides for itself. */
interface Ejection {
  /** How often failures and ejections are reviewed: an endpoint comes back at the first review after its time. */
  readonly intervalMs: number;
  /** Of every ejection, however many came before: Envoy's own default would make the n-th n times as long, up to 300 s. */
  readonly ejectionMs: number;
  /** Of the callee's endpoints, below 100; `all` states that every one may be out: callers then fail at once. */
  readonly maxEjectionPercent: number | 'all';
}

/** Ejects after so many failures without a success in between: 5xx, gRPC statuses that count as such, cut and lost calls. */
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

/** What one request may cost at most anywhere behind it, along each path of calls. */
export interface Limits {
  /** Calls at the end of a path when everything fails: the tries of all hops multiply. */
  readonly worstCaseCalls: number;
  /** The same on average while an outage lasts: the retry budgets of all hops multiply. */
  readonly sustainedCalls: number;
}

/** Pods of a service: of each, and of those that have a number of their own. */
export interface Replicas {
  readonly each: number;
  readonly of?: Readonly<Record<string, number>>;
}

/** By dependency, `caller->callee`. */
export type Policies = Readonly<Record<string, DependencyPolicy>>;

/** All that a plan is made from: who calls whom, what happens when a call fails, and what that may cost. */
export interface Model {
  readonly topology: Topology;
  readonly policies: Policies;
  readonly limits: Limits;
  /** @default none: no interaction is a step of one */
  readonly saga?: Saga;
}

type SyncOf<T extends Topology> = Extract<T['interactions'][number], { style: 'sync' }>;

/** A policy for each dependency and RPC of exactly this topology, a dependency for each policy: checked by the compiler. */
export type PoliciesFor<T extends Topology> = {
  readonly [E in SyncOf<T> as `${E['caller']}->${E['callee']}`]: DependencyPolicy<keyof E['rpcs'] & string>;
};
