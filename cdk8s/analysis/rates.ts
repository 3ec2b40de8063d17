import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/**
 * Rules on numbers that only mean something at a rate. Each looks at all calls of one dependency together, because they
 * share the caller's pool, breaker and retry budget.
 */
type Calls = readonly [EffectivePolicy, ...EffectivePolicy[]];

/** A system with little load must be able to retry at all. Envoy's own default. */
const SMALLEST_FLOOR = 3;
/** Callers see failures until the breaker opens. */
const LONGEST_DETECTION_S = 60;

export function ratesFit(dependencies: readonly EffectivePolicy[]): Problem[] {
  const groups = Map.groupBy(dependencies, ({ caller, callee }) => `${caller}->${callee}`);
  return [...groups.values()].flatMap(([first, ...rest]) => {
    if (!first) return [];
    const calls: Calls = [first, ...rest];
    return [
      ...volumeWithinReach(calls),
      ...failuresWithinReach(calls),
      ...poolFitsRate(calls),
      ...floorFitsRate(calls),
    ];
  });
}

/** Rates are estimates, but other rules trust them. */
const ESTIMATE_FACTOR = 2;

/**
 * A call that others lead to is made about as often as they are. A rate that is far above that would let a breaker pass
 * that is never judged, and one far below it a pool that is too small.
 */
export function rateFitsCallers({ calls }: CallGraph): Problem[] {
  const sums = new Map<EffectivePolicy, number>();
  for (const cause of calls.values()) {
    for (const next of callsOf(cause, calls)) sums.set(next, (sums.get(next) ?? 0) + cause.ratePerSecond);
  }
  return [...sums]
    .filter(([{ ratePerSecond: rate }, sum]) => rate < sum / ESTIMATE_FACTOR || rate > sum * ESTIMATE_FACTOR)
    .map(([{ id, ratePerSecond }, sum]) => ({
      subject: id,
      value: `ratePerSecond = ${ratePerSecond}`,
      rule: 'rate-fits-callers',
      message: `the calls that lead to it are ${format(sum)} per second: use ${format(sum)}, or correct theirs.`,
    }));
}

/**
 * Each proxy judges each endpoint by its own calls alone: by the whole rate, divided by the caller's pods and the
 * callee's endpoints. An interval with fewer calls than minRequests is not judged.
 */
function volumeWithinReach(calls: Calls): Problem[] {
  const [{ ejection }] = calls;
  if (!ejection?.failureRate) return [];
  const { minRequests } = ejection.failureRate;
  const { rate, where } = slowestPair(calls);
  const expected = (rate * ejection.intervalMs) / 1_000;
  if (!(expected < minRequests)) return [];
  const message =
    `${where} an endpoint gets ${format(expected)} calls of one caller's pod in ${ejection.intervalMs} ms, ` +
    `so it is never judged: use a smaller volume, a longer intervalMs, or a consecutive breaker.`;
  return [problem(calls, `breaker.minRequests = ${minRequests}`, 'volume-within-reach', message)];
}

/** Failures in a row may be far apart, but a breaker that opens after minutes protects no caller. */
function failuresWithinReach(calls: Calls): Problem[] {
  const [{ ejection }] = calls;
  if (!ejection?.consecutive5xx) return [];
  const { rate, where } = slowestPair(calls);
  const seconds = ejection.consecutive5xx / rate;
  if (!(seconds > LONGEST_DETECTION_S)) return [];
  const message =
    `${where} an endpoint that fails every call is ejected after ${format(seconds)} s: ` +
    `use at most ${Math.max(1, Math.floor(rate * LONGEST_DETECTION_S))}, so that it takes ${LONGEST_DETECTION_S} s.`;
  return [problem(calls, `breaker.failures = ${ejection.consecutive5xx}`, 'failures-within-reach', message)];
}

/**
 * While a callee is slow, as many calls are in flight as arrive within their timeout (Little's law). A pool that is too
 * small for them rejects calls that the callee could still answer. HTTP/1.1 also needs a connection for each.
 */
function poolFitsRate(calls: Calls): Problem[] {
  const [{ pool, protocol }] = calls;
  const inFlight = Math.ceil(expectedInFlight(calls));
  const { maxConnections, maxRequests, maxPendingRequests } = pool;
  const because = `up to ${inFlight} calls of one caller's pod are in flight at the expected rate`;
  const isTooSmall = (bound: number | null): bound is number => bound !== null && bound < inFlight;
  const small = [
    ...(isTooSmall(maxRequests) ? [`pool.maxRequests = ${maxRequests}`] : []),
    ...(protocol === 'http' && isTooSmall(maxConnections) ? [`pool.maxConnections = ${maxConnections}`] : []),
  ].map((value) => problem(calls, value, 'pool-fits-rate', `${because}: use at least ${inFlight}.`));
  const pendingNeverFills = maxPendingRequests !== null && maxRequests !== null && maxPendingRequests > maxRequests;
  if (!pendingNeverFills) return small;
  const message = `no more than ${maxRequests} requests exist, waiting ones included: use at most maxRequests.`;
  return [
    ...small,
    problem(calls, `pool.maxPendingRequests = ${maxPendingRequests}`, 'pending-within-requests', message),
  ];
}

/** With a floor above all calls in flight, the budget's percentage never counts: every failing call may be retried. */
function floorFitsRate(calls: Calls): Problem[] {
  const [{ retryBudget }] = calls;
  if (!retryBudget || calls.every(({ maxAttempts }) => maxAttempts === 1)) return [];
  const most = Math.max(SMALLEST_FLOOR, Math.ceil(expectedInFlight(calls)));
  if (!(retryBudget.minConcurrency > most)) return [];
  const message = `so many retries are let through whatever the percentage is, and no more than ${most} calls of one caller's pod are in flight: use at most ${most}.`;
  return [problem(calls, `retryBudget.minConcurrency = ${retryBudget.minConcurrency}`, 'floor-fits-rate', message)];
}

/** Calls per second between one pod of the caller and one endpoint, in the environment in which they are the fewest. */
function slowestPair(calls: Calls): { readonly rate: number; readonly where: string } {
  const pairs = environmentsOf(calls).map(({ pods, endpoints, rate }) => ({
    rate: rate / (pods * endpoints),
    where: `with ${pods} caller pod(s) and ${endpoints} endpoint(s)`,
  }));
  return pairs.reduce((slowest, each) => (each.rate < slowest.rate ? each : slowest));
}

/** In one pod of the caller, in the environment in which they are the most. */
function expectedInFlight(calls: Calls): number {
  const all = calls.reduce((sum, { ratePerSecond, timeoutMs }) => sum + (ratePerSecond * (timeoutMs ?? 0)) / 1_000, 0);
  return Math.max(...environmentsOf(calls).map(({ pods, load }) => (all * load) / pods));
}

/** Without an environment, one pod of each is assumed. */
function environmentsOf(calls: Calls) {
  const [{ callerPods, endpoints, load }] = calls;
  const known = callerPods.length > 0 ? callerPods : [1];
  return known.map((pods, index) => ({
    pods,
    endpoints: endpoints[index] ?? 1,
    load: load[index] ?? 1,
    rate: rateOf(calls) * (load[index] ?? 1),
  }));
}

function rateOf(calls: Calls): number {
  return calls.reduce((sum, { ratePerSecond }) => sum + ratePerSecond, 0);
}

function problem([{ caller, callee }]: Calls, value: string, rule: string, message: string): Problem {
  return { subject: `${caller}->${callee}`, value, rule, message };
}

function format(value: number): string {
  return String(Number(value.toFixed(1)));
}
