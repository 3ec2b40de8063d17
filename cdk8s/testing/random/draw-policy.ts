import fc from 'fast-check';
import { longestBackoffFactor } from '../../analysis/effective-policy.ts';
import { mayHaveArrived } from '../../analysis/retries.ts';
import type { Breaker, RetryCondition, RetryOn, RpcPolicy } from '../../model/policy.ts';
import type { Service } from '../../model/topology.ts';
import { type Draw, number } from './draw.ts';
import type { Operation } from './draw-member.ts';

const NEVER_ARRIVED = ['connect-failure', 'refused-stream', 'reset-before-request'] as const;
const HTTP = [...NEVER_ARRIVED, 'reset', 'gateway-error', '5xx'] as const;
const CONDITIONS = {
  http: HTTP,
  https: HTTP,
  grpc: [...NEVER_ARRIVED, 'reset', 'unavailable', 'cancelled', 'deadline-exceeded', 'resource-exhausted'],
  nothing: [],
} as const satisfies Record<Service['serves'], readonly RetryCondition[]>;

/** With the attempts' own time, it leaves every timeout within its bound. */
const LONGEST_WORK_MS = 15_000;

interface Circumstances {
  readonly service: Service;
  /** How long the callee's own calls and its database may take. */
  readonly workMs: number;
  readonly connectTimeoutMs: number;
}

/** Any policy that holds under these circumstances, and says truly what the callee does after a cut. */
export function drawRpcPolicy(
  draw: Draw,
  { idempotency }: Operation,
  { service, workMs, connectTimeoutMs }: Circumstances,
): RpcPolicy {
  const allowed = idempotency === 'none' ? NEVER_ARRIVED : CONDITIONS[service.serves];
  const retries = draw(fc.boolean()) ? drawRetries(draw, allowed, connectTimeoutMs) : ({ kind: 'never' } as const);
  const { pausesMs, attemptsMs, lostMs } = timesOf(retries, connectTimeoutMs);
  // If a call must not run twice, the callee must end before its caller gives up. Otherwise it may do either, as long
  // as nobody waits for too long.
  const waits = idempotency === 'none' || (workMs + lostMs < LONGEST_WORK_MS && draw(fc.boolean()));
  const timeoutMs =
    Math.max(pausesMs + attemptsMs, waits ? workMs + lostMs : 0, connectTimeoutMs, 5) + draw(number(1, 1_000));
  const shares = retries.kind === 'on' && retries.perTryTimeoutMs === 'rest-of-timeout';
  const own =
    retries.kind === 'on' && retries.perTryTimeoutMs !== 'rest-of-timeout' ? retries.perTryTimeoutMs : timeoutMs;
  const attemptMs = !shares ? own : mayHaveArrived(retries).length > 0 ? 0 : Math.max(0, timeoutMs - lostMs);
  const carriesOn = idempotency !== 'safe' && (service.external !== undefined || workMs > attemptMs);
  return carriesOn && idempotency === 'none'
    ? { timeoutMs: workMs + timeoutMs, afterTimeout: 'callee-stops', idempotency, retries: { kind: 'never' } }
    : { timeoutMs, afterTimeout: carriesOn ? 'callee-carries-on' : 'callee-stops', idempotency, retries };
}

function drawRetries(draw: Draw, allowed: readonly RetryCondition[], connectTimeoutMs: number): RetryOn {
  return {
    kind: 'on',
    conditions: withLateTries(draw(fc.subarray([...allowed], { minLength: 1 })), allowed),
    attempts: draw(number(1, 3)),
    perTryTimeoutMs: draw(
      fc.oneof(fc.constant('rest-of-timeout' as const), number(connectTimeoutMs + 1, connectTimeoutMs + 500)),
    ),
    backoffMs: draw(number(1, 100)),
  };
}

/**
 * Over gRPC a timed-out attempt ends by the cut or by its deadline: a policy that states one condition states the
 * other.
 */
function withLateTries(drawn: readonly RetryCondition[], allowed: readonly RetryCondition[]): RetryCondition[] {
  const isLate = drawn.some((condition) => ['reset', 'gateway-error', '5xx', 'deadline-exceeded'].includes(condition));
  if (!isLate || !allowed.includes('deadline-exceeded')) return [...drawn];
  return [...new Set<RetryCondition>([...drawn, 'reset', 'deadline-exceeded'])];
}

function timesOf(retries: RpcPolicy['retries'], connectTimeoutMs: number) {
  if (retries.kind === 'never') return { pausesMs: 0, attemptsMs: 0, lostMs: 0 };
  const { attempts, backoffMs, perTryTimeoutMs } = retries;
  const pausesMs = backoffMs * longestBackoffFactor(attempts);
  const attemptsMs = perTryTimeoutMs === 'rest-of-timeout' ? 0 : (attempts + 1) * perTryTimeoutMs;
  return { pausesMs, attemptsMs, lostMs: pausesMs + attempts * connectTimeoutMs };
}

/**
 * Any breaker that can eject one of so many endpoints.
 *
 * @param rate calls per second that the slowest pair of a caller's pod and an endpoint has
 */
export function drawBreaker(draw: Draw, endpoints: number, rate: number): Breaker {
  const intervalMs = draw(number(Math.max(100, Math.min(60_000, Math.ceil(1_000 / rate))), 60_000));
  const volume = Math.floor((rate * intervalMs) / 1_000);
  const lowest = Math.ceil(100 / endpoints);
  const ejection = {
    intervalMs,
    ejectionMs: intervalMs + draw(number(0, 200_000)),
    maxEjectionPercent: draw(
      lowest < 100 ? fc.oneof(fc.constant('all' as const), number(lowest, 99)) : fc.constant('all' as const),
    ),
  };
  return draw(
    fc.oneof(
      fc.constant({ kind: 'none' } as const),
      fc
        .record({
          kind: fc.constant('consecutive' as const),
          failures: number(1, Math.max(1, Math.min(100, Math.floor(rate * 60)))),
        })
        .map((rest) => ({ ...rest, ...ejection })),
      fc
        .record({
          kind: fc.constant('failure-rate' as const),
          percent: number(1, 100),
          minRequests: number(1, Math.max(1, volume)),
        })
        .map((rest) => ({ ...rest, ...ejection })),
    ),
  );
}
