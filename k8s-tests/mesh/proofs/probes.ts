import type { Dependency, RpcWithPolicy } from '../../../cdk8s/model/dependencies.ts';
import type { RetryCondition, RetryOn, RpcPolicy } from '../../../cdk8s/model/policy.ts';
import type { FaultRule } from '../../harness/admin.ts';

/** A fault at the callee, and what one call must then result in. */
export interface Probe {
  readonly dependency: Dependency;
  readonly call: RpcWithPolicy;
  /** What is proven; the test's name continues with it after "orders->inventory.Check". */
  readonly title: string;
  readonly fault: Omit<FaultRule, 'match'>;
  /** `answered`: the final response comes from the callee's own handler. */
  readonly outcome: 'answered' | 'failed';
  /** How many requests arrive at the callee. */
  readonly requests: Range;
  /** How long the call takes, given the number of requests that arrived. */
  readonly durationMs?: (requests: number) => Range;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

type Protocol = 'grpc' | 'http';

/**
 * Statuses that meet a condition. The other conditions need requests that never arrive; a fault at the callee cannot
 * show those.
 */
const PROVOKING: Readonly<Record<Protocol, Partial<Record<RetryCondition, string | number>>>> = {
  grpc: {
    unavailable: 'UNAVAILABLE',
    cancelled: 'CANCELLED',
    'deadline-exceeded': 'DEADLINE_EXCEEDED',
    'resource-exhausted': 'RESOURCE_EXHAUSTED',
  },
  http: { 'gateway-error': 503, '5xx': 500 },
};

/**
 * Failures that Envoy must not retry unless a policy says so. The one that is most often retried by mistake comes
 * first.
 */
const UNSTATED: Readonly<Record<Protocol, readonly { status: string | number; conditions: RetryCondition[] }[]>> = {
  grpc: [
    { status: 'UNAVAILABLE', conditions: ['unavailable'] },
    { status: 'INTERNAL', conditions: [] },
  ],
  http: [
    { status: 503, conditions: ['gateway-error', '5xx'] },
    { status: 500, conditions: ['5xx'] },
  ],
};

/** Conditions under which Envoy retries an attempt that it has timed out. */
const RETRY_A_TIMEOUT: readonly RetryCondition[] = ['reset', 'gateway-error', '5xx'];

/**
 * Whether attempts that time out are retried. Envoy sends the timeout of a gRPC attempt as its deadline, so either
 * Envoy or the callee may be the first to end it. If a policy covers only one of the two cases, chance decides. This
 * function then returns true, and the test fails.
 */
function retriesTimeouts(protocol: Protocol, conditions: readonly RetryCondition[]): boolean {
  const ofCallee = protocol === 'grpc' && conditions.includes('deadline-exceeded');
  return ofCallee || conditions.some((one) => RETRY_A_TIMEOUT.includes(one));
}

/**
 * The probes that together prove one RPC's policy.
 *
 * @param endpoints of the callee: each endpoint counts its own faults, and a retry goes to another endpoint if there is
 * one
 */
export function probesOf(dependency: Dependency, call: RpcWithPolicy, endpoints: number): readonly Probe[] {
  const probe = (rest: Omit<Probe, 'dependency' | 'call'>): Probe => ({ dependency, call, ...rest });
  const protocol = dependency.service.serves === 'grpc' ? 'grpc' : 'http';
  const { retries } = call.policy;
  const conditions = retries.kind === 'on' ? retries.conditions : [];
  return [
    ...(retries.kind === 'on' ? retryProbes(protocol, retries, endpoints) : []),
    ...unstatedProbes(protocol, conditions),
    ...slowProbes(protocol, call.policy, endpoints),
  ].map(probe);
}

type Part = Omit<Probe, 'dependency' | 'call'>;

function retryProbes(protocol: Protocol, { conditions, attempts }: RetryOn, endpoints: number): Part[] {
  return conditions.flatMap((condition) => {
    const status = PROVOKING[protocol][condition];
    if (status === undefined) return [];
    const failing = firstFailures(attempts, endpoints);
    const recovers: Part = {
      title: `answering ${status} at first is retried until the handler answers`,
      fault: { failFirst: failing.each, status },
      outcome: 'answered',
      requests: failing.requests,
    };
    const givesUp: Part = {
      title: `answering ${status} always gets ${attempts + 1} attempts`,
      fault: { status },
      outcome: 'failed',
      requests: exactly(attempts + 1),
    };
    return failing.recovers ? [recovers, givesUp] : [givesUp];
  });
}

function unstatedProbes(protocol: Protocol, stated: readonly RetryCondition[]): Part[] {
  const unstated = UNSTATED[protocol].find(({ conditions }) => !conditions.some((one) => stated.includes(one)));
  if (unstated === undefined) return [];
  const { status } = unstated;
  return [
    { title: `answering ${status} gets one attempt`, fault: { status }, outcome: 'failed', requests: exactly(1) },
  ];
}

/** The probes of a callee that is slower than an attempt's timeout, on the first attempt only or always. */
function slowProbes(protocol: Protocol, { timeoutMs, retries }: RpcPolicy, endpoints: number): Part[] {
  const delayMs = timeoutMs + 1_000;
  const perTryTimeoutMs = retries.kind === 'on' ? retries.perTryTimeoutMs : 'rest-of-timeout';
  const attempts = retries.kind === 'on' && retriesTimeouts(protocol, retries.conditions) ? retries.attempts : 0;
  if (perTryTimeoutMs === 'rest-of-timeout' || retries.kind === 'never') {
    const durationMs = () => exactly(timeoutMs);
    return [
      {
        title: `answering too slowly times out after ${timeoutMs} ms`,
        fault: { delayMs },
        outcome: 'failed',
        requests: exactly(1),
        durationMs,
      },
    ];
  }
  const always: Part = {
    title: `always answering too slowly gets ${attempts + 1} attempts of ${perTryTimeoutMs} ms`,
    fault: { delayMs },
    outcome: 'failed',
    requests: exactly(attempts + 1),
    durationMs: (requests) => pausesAfter(requests * perTryTimeoutMs, requests - 1, retries.backoffMs, timeoutMs),
  };
  const failing = firstFailures(attempts, endpoints, 1);
  const once: Part = {
    title: `answering too slowly at first times out after ${perTryTimeoutMs} ms and is retried`,
    fault: { failFirst: 1, delayMs },
    outcome: 'answered',
    requests: failing.requests,
    durationMs: (requests) => pausesAfter((requests - 1) * perTryTimeoutMs, requests - 1, retries.backoffMs, timeoutMs),
  };
  return failing.recovers ? [once, always] : [always];
}

/**
 * How many of the first calls fail at each endpoint. With several endpoints, each fails once. A retry succeeds if it
 * arrives at an endpoint that has failed already.
 */
function firstFailures(attempts: number, endpoints: number, alone = attempts) {
  if (endpoints === 1) return { each: alone, requests: exactly(alone + 1), recovers: attempts >= alone };
  return { each: 1, requests: { min: 2, max: endpoints + 1 }, recovers: attempts >= endpoints };
}

/**
 * Envoy's pause before a retry is random. Its upper bound starts at the base and doubles with each retry, up to ten
 * times the base.
 */
function pausesAfter(attemptsMs: number, retries: number, backoffMs: number, timeoutMs: number): Range {
  const longest = Array.from({ length: retries }, (_, n) => backoffMs * Math.min(2 ** n, 10));
  const total = longest.reduce((sum, pause) => sum + pause, attemptsMs);
  return { min: Math.min(attemptsMs, timeoutMs), max: Math.min(total, timeoutMs) };
}

function exactly(value: number): Range {
  return { min: value, max: value };
}
