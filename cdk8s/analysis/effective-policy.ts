import { STATEMENT_TIMEOUT_MS } from '../model/database.ts';
import { type Dependency, joinDependencies, podsOf } from '../model/dependencies.ts';
import type { Replicas } from '../model/environment.ts';
import { methodOf } from '../model/interactions.ts';
import type {
  ConnectionPool,
  DependencyPolicy,
  Policies,
  RetryBudget,
  RetryCondition,
  RpcPolicy,
} from '../model/policy.ts';
import type { Rpc, Topology } from '../model/topology.ts';

/**
 * What a caller's proxy really does with one RPC, with every default of Istio and Envoy filled in. `null`: there is no
 * bound. The live-config proof compares it with Envoy's own dump, field by field (`VISIBLE_FIELDS`).
 *
 * Sources: pilot/pkg/networking/core/{route/retry/retry,cluster_traffic_policy}.go of Istio,
 * source/common/upstream/outlier_detection_impl.cc and common/backoff_strategy.cc of Envoy.
 */
export interface EffectivePolicy {
  /** `orders->inventory.Check`. */
  readonly id: string;
  readonly caller: string;
  readonly callee: string;
  readonly rpc: string;
  /** Of gRPC always POST. */
  readonly method: NonNullable<Rpc['method']>;
  readonly path: string;
  readonly protocol: 'http' | 'grpc';
  /** Whether it is a partner's host: nothing is known of what it does with a call, or for how long. */
  readonly external: boolean;
  /** The calls that the callee makes before it answers, by id; an id that is here twice is called twice. */
  readonly calls: readonly string[];
  /** Endpoints that the caller's proxy sees, in each environment. */
  readonly endpoints: readonly number[];
  /** Pods of the caller, in each environment. */
  readonly callerPods: readonly number[];
  /** Calls per second of all these pods together, without retries; in each environment, times its load. */
  readonly ratePerSecond: number;
  readonly load: readonly number[];
  /** How long the callee's database lets a statement run, on behalf of a caller that may have gone; of a partner 0. */
  readonly databaseMs: number;
  readonly idempotency: RpcPolicy['idempotency'];
  readonly afterTimeout: RpcPolicy['afterTimeout'];
  /** How long an answer is of use. */
  readonly latencyBudgetMs: number;
  /** Share of calls that the callee answers on its own, apart from what it calls. */
  readonly availabilityPercent: number;
  /** Istio's default is none. */
  readonly timeoutMs: number | null;
  /** The first attempt and all retries; Istio's default is 3. */
  readonly maxAttempts: number;
  /** Istio's default is connect-failure, refused-stream, unavailable, cancelled. */
  readonly conditions: readonly RetryCondition[];
  /** Istio's default is none: an attempt may use the rest of the timeout. */
  readonly perTryTimeoutMs: number | null;
  /**
   * The longest that all pauses between the attempts can be. Envoy waits a random time below its base (25 ms by
   * default), twice the base, four times the base … and at most ten times the base.
   */
  readonly longestBackoffMs: number;
  /**
   * What the callee's own proxy retries, at its application: no policy states it, and no setting of Istio 1.31 or 1.32
   * switches it off. `null`: nothing.
   */
  readonly inboundRetries: { readonly attempts: number; readonly conditions: readonly RetryCondition[] } | null;
  /** Istio's default is none, with 2^32-1 parallel retries. One without a percent has 20 (0.2 in 1.27.0-1.29.0). */
  readonly retryBudget: RetryBudget | null;
  /** Istio's defaults are 10 s to connect and 2^32-1, no bound, of everything else. */
  readonly pool: { readonly [Bound in keyof ConnectionPool]: number | null };
  readonly ejection: EffectiveEjection | null;
}

/** Fields that Envoy's configuration shows; the live-config proof compares each of them with every proxy's dump. */
export const VISIBLE_FIELDS = [
  'method',
  'path',
  'protocol',
  'external',
  'endpoints',
  'timeoutMs',
  'maxAttempts',
  'conditions',
  'perTryTimeoutMs',
  'longestBackoffMs',
  'inboundRetries',
  'retryBudget',
  'pool',
  'ejection',
] as const satisfies readonly (keyof EffectivePolicy)[];

/** Names, and what the model promises of the callee: no configuration shows it. */
type OtherField =
  | 'id'
  | 'caller'
  | 'callee'
  | 'rpc'
  | 'calls'
  | 'callerPods'
  | 'ratePerSecond'
  | 'load'
  | 'databaseMs'
  | 'idempotency'
  | 'afterTimeout'
  | 'latencyBudgetMs'
  | 'availabilityPercent';

/** Fields that are in neither list. A new field must be compared, or listed as one that no configuration shows. */
type Unlisted = Exclude<keyof EffectivePolicy, (typeof VISIBLE_FIELDS)[number] | OtherField>;
true satisfies [Unlisted] extends [never] ? true : Unlisted;

export type VisiblePolicy = Pick<EffectivePolicy, (typeof VISIBLE_FIELDS)[number]>;

/**
 * Istio's default for each port that speaks HTTP/1.1, since 1.24 (`BuildDefaultHTTPInboundRoute`): the application may
 * close a connection while its proxy begins to use it again.
 */
const INBOUND_HTTP_RETRIES = { attempts: 2, conditions: ['reset-before-request'] } as const;

export interface EffectiveEjection {
  /** 0: off. Envoy's default is 5. */
  readonly consecutive5xx: number;
  /** 0: off, as Envoy's default is not enforced. At or above `consecutive5xx` it would have no effect. */
  readonly consecutiveGatewayErrors: number;
  /**
   * From this share on, in one interval with so many calls, if there are so many endpoints. `null`: off, as Envoy's
   * default is not enforced.
   */
  readonly failureRate: {
    readonly percent: number;
    readonly minRequests: number;
    readonly minEndpoints: number;
  } | null;
  /** Whether endpoints with an unusual success rate are ejected. Istio switches Envoy's default off. */
  readonly successRate: boolean;
  /** Off: timeouts and lost connections count as 5xx. */
  readonly splitLocalOrigin: boolean;
  /** Envoy's default is 10 s. */
  readonly intervalMs: number;
  /** Of the first ejection; the n-th lasts n times this, up to `longestEjectionMs`. Envoy's default is 30 s. */
  readonly ejectionMs: number;
  /** Envoy's default: 300 s, or `ejectionMs` where that is more. */
  readonly longestEjectionMs: number;
  /** Envoy's default is 10. `all`: 100, and stated to be meant. */
  readonly maxEjectionPercent: number | 'all';
  /** Below this share of healthy endpoints ejection is ignored. Istio's default, 0: never (Envoy's own is 50). */
  readonly minHealthPercent: number;
}

/**
 * Reads every call of the topology that has a policy.
 *
 * @param replicas pods of each service, in every environment
 */
export function readEffectivePolicies(
  topology: Topology,
  policies: Policies,
  replicas: readonly Replicas[],
): EffectivePolicy[] {
  return joinDependencies(topology, policies).flatMap((dependency) => {
    const shared = {
      caller: dependency.caller,
      callee: dependency.callee,
      protocol: dependency.service.serves === 'grpc' ? 'grpc' : 'http',
      external: dependency.service.external !== undefined,
      databaseMs: dependency.service.external ? 0 : STATEMENT_TIMEOUT_MS,
      inboundRetries: dependency.service.serves === 'http' ? INBOUND_HTTP_RETRIES : null,
      endpoints: endpointsOf(dependency, replicas),
      callerPods: replicas.map((each) => podsOf(dependency.caller, each)),
      load: replicas.map(({ load = 1 }) => load),
      latencyBudgetMs: dependency.decision.latencyBudgetMs,
      availabilityPercent: dependency.decision.availabilityPercent,
      retryBudget: dependency.policy.retryBudget,
      pool: dependency.policy.pool,
      ejection: readEjection(dependency.policy),
    } as const;
    return dependency.rpcs.map(({ id, name, rpc, policy }) => ({
      id,
      rpc: name,
      method: methodOf(rpc),
      path: rpc.path,
      calls: rpc.calls.map((call) => `${dependency.callee}->${call}`),
      ratePerSecond: rpc.ratePerSecond,
      idempotency: policy.idempotency,
      afterTimeout: policy.afterTimeout,
      timeoutMs: policy.timeoutMs,
      ...readRetries(policy),
      ...shared,
    }));
  });
}

/** A partner is reached through one name, so it counts as one endpoint, however many servers it has. */
function endpointsOf({ callee, service }: Dependency, replicas: readonly Replicas[]): readonly number[] {
  return replicas.map((each) => (service.external ? 1 : podsOf(callee, each)));
}

function readRetries({
  retries,
}: RpcPolicy): Pick<EffectivePolicy, 'maxAttempts' | 'conditions' | 'perTryTimeoutMs' | 'longestBackoffMs'> {
  if (retries.kind === 'never') return { maxAttempts: 1, conditions: [], perTryTimeoutMs: null, longestBackoffMs: 0 };
  const { attempts, conditions, perTryTimeoutMs, backoffMs } = retries;
  return {
    maxAttempts: attempts + 1,
    conditions,
    perTryTimeoutMs: perTryTimeoutMs === 'rest-of-timeout' ? null : perTryTimeoutMs,
    longestBackoffMs: backoffMs * longestBackoffFactor(attempts),
  };
}

/** 1, 2, 4, 8, then 10 for each further retry: in one step, because `attempts` may be any number. */
export function longestBackoffFactor(attempts: number): number {
  return attempts <= 4 ? 2 ** attempts - 1 : 15 + 10 * (attempts - 4);
}

function readEjection({ breaker }: DependencyPolicy): EffectiveEjection | null {
  if (breaker.kind === 'none') return null;
  return {
    consecutive5xx: breaker.kind === 'consecutive' ? breaker.failures : 0,
    consecutiveGatewayErrors: 0,
    failureRate:
      breaker.kind === 'failure-rate'
        ? { percent: breaker.percent, minRequests: breaker.minRequests, minEndpoints: 1 }
        : null,
    successRate: false,
    splitLocalOrigin: false,
    intervalMs: breaker.intervalMs,
    ejectionMs: breaker.ejectionMs,
    longestEjectionMs: breaker.ejectionMs,
    maxEjectionPercent: breaker.maxEjectionPercent,
    minHealthPercent: 0,
  };
}
