import type { Dependency, RpcWithPolicy } from '../../../cdk8s/model/dependencies.ts';
import type { RetryCondition, RetryOn, RpcPolicy } from '../../../cdk8s/model/policy.ts';
import type { FaultRule } from '../../harness/admin.ts';

/** A fault at the callee and what one call must come to then. */
export interface Probe {
  readonly dependency: Dependency;
  readonly call: RpcWithPolicy;
  /** What is proven, after "orders->inventory.Check". */
  readonly title: string;
  readonly fault: Omit<FaultRule, 'match'>;
  /** `answered`: the callee's own handler had the last word. */
  readonly outcome: 'answered' | 'failed';
  /** How often the callee is hit. */
  readonly hits: Range;
  /** How long the call takes, when it was hit so often. */
  readonly durationMs?: (hits: number) => Range;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

type Protocol = 'grpc' | 'http';

/** Statuses that make a condition true. The others are about requests that never arrive, which no fault at the callee can show. */
const PROVOKING: Readonly<Record<Protocol, Partial<Record<RetryCondition, string | number>>>> = {
  grpc: {
    unavailable: 'UNAVAILABLE',
    cancelled: 'CANCELLED',
    'deadline-exceeded': 'DEADLINE_EXCEEDED',
    'resource-exhausted': 'RESOURCE_EXHAUSTED',
  },
  http: { 'gateway-error': 503, '5xx': 500 },
};

/** Failures that are no reason to try again unless a policy says so, the most tempting first. */
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

/** Conditions under which Envoy repeats a try that it has cut. */
const REPEAT_A_CUT: readonly RetryCondition[] = ['reset', 'gateway-error', '5xx'];

/**
 * Whether late attempts are repeated. The timeout of a gRPC attempt is sent as its deadline, so that the callee may be first to say that
 * it is over: a policy that covers only one of the two leaves it to chance, and then this answers yes, for the test to fail.
 */
function repeatsCuts(protocol: Protocol, conditions: readonly RetryCondition[]): boolean {
  const ofCallee = protocol === 'grpc' && conditions.includes('deadline-exceeded');
  return ofCallee || conditions.some((one) => REPEAT_A_CUT.includes(one));
}

/**
 * What must be seen of one RPC's policy.
 *
 * @param endpoints of the callee: faults are counted by each, and a retry goes to another one where there is one
 */
export function probesOf(dependency: Dependency, call: RpcWithPolicy, endpoints: number): readonly Probe[] {
  const probe = (rest: Omit<Probe, 'dependency' | 'call'>): Probe => ({ dependency, call, ...rest });
  const protocol = dependency.service.serves === 'grpc' ? 'grpc' : 'http';
  const { retries } = call.policy;
  const conditions = retries.kind === 'on' ? retries.conditions : [];
  return [
    ...(retries.kind === 'on' ? retryProbes(protocol, retries, endpoints) : []),
    ...unstatedProbes(protocol, conditions),
    ...lateProbes(protocol, call.policy, endpoints),
  ].map(probe);
}

type Part = Omit<Probe, 'dependency' | 'call'>;

function retryProbes(protocol: Protocol, { conditions, attempts }: RetryOn, endpoints: number): Part[] {
  return conditions.flatMap((condition) => {
    const status = PROVOKING[protocol][condition];
    if (status === undefined) return [];
    const failing = firstFailures(attempts, endpoints);
    const recovers: Part = {
      title: `answering ${status} at first is tried again until it is answered`,
      fault: { failFirst: failing.each, status },
      outcome: 'answered',
      hits: failing.hits,
    };
    const givesUp: Part = {
      title: `answering ${status} always is tried ${attempts + 1} times`,
      fault: { status },
      outcome: 'failed',
      hits: exactly(attempts + 1),
    };
    return failing.recovers ? [recovers, givesUp] : [givesUp];
  });
}

function unstatedProbes(protocol: Protocol, stated: readonly RetryCondition[]): Part[] {
  const unstated = UNSTATED[protocol].find(({ conditions }) => !conditions.some((one) => stated.includes(one)));
  if (unstated === undefined) return [];
  const { status } = unstated;
  return [{ title: `answering ${status} is tried once`, fault: { status }, outcome: 'failed', hits: exactly(1) }];
}

/** A callee that is slower than a try may be, for the first time or always. */
function lateProbes(protocol: Protocol, { timeoutMs, retries }: RpcPolicy, endpoints: number): Part[] {
  const delayMs = timeoutMs + 1_000;
  const perTryTimeoutMs = retries.kind === 'on' ? retries.perTryTimeoutMs : 'rest-of-timeout';
  const attempts = retries.kind === 'on' && repeatsCuts(protocol, retries.conditions) ? retries.attempts : 0;
  if (perTryTimeoutMs === 'rest-of-timeout' || retries.kind === 'never') {
    const durationMs = () => exactly(timeoutMs);
    return [
      {
        title: `being late is cut at ${timeoutMs} ms`,
        fault: { delayMs },
        outcome: 'failed',
        hits: exactly(1),
        durationMs,
      },
    ];
  }
  const always: Part = {
    title: `being late always is cut ${attempts + 1} times at ${perTryTimeoutMs} ms`,
    fault: { delayMs },
    outcome: 'failed',
    hits: exactly(attempts + 1),
    durationMs: (hits) => pausesAfter(hits * perTryTimeoutMs, hits - 1, retries.backoffMs, timeoutMs),
  };
  const failing = firstFailures(attempts, endpoints, 1);
  const once: Part = {
    title: `being late at first is cut at ${perTryTimeoutMs} ms and tried again`,
    fault: { failFirst: 1, delayMs },
    outcome: 'answered',
    hits: failing.hits,
    durationMs: (hits) => pausesAfter((hits - 1) * perTryTimeoutMs, hits - 1, retries.backoffMs, timeoutMs),
  };
  return failing.recovers ? [once, always] : [always];
}

/**
 * How many first calls of each endpoint fail. With several endpoints each fails once, and the retry that comes back to one,
 * or meets none that has not failed yet, is answered.
 */
function firstFailures(attempts: number, endpoints: number, alone = attempts) {
  if (endpoints === 1) return { each: alone, hits: exactly(alone + 1), recovers: attempts >= alone };
  return { each: 1, hits: { min: 2, max: endpoints + 1 }, recovers: attempts >= endpoints };
}

/** Envoy's pause before a retry is random, up to the base, then twice that, and so on, ten times at most. */
function pausesAfter(triesMs: number, retries: number, backoffMs: number, timeoutMs: number): Range {
  const longest = Array.from({ length: retries }, (_, n) => backoffMs * Math.min(2 ** n, 10));
  const total = longest.reduce((sum, pause) => sum + pause, triesMs);
  return { min: Math.min(triesMs, timeoutMs), max: Math.min(total, timeoutMs) };
}

function exactly(value: number): Range {
  return { min: value, max: value };
}
