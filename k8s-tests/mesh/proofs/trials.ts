import type { Dependency, RpcWithPolicy } from '../../../cdk8s/model/dependencies.ts';
import type { Breaker, ConsecutiveBreaker, FailureRateBreaker } from '../../../cdk8s/model/policy.ts';
import type { FaultRule } from '../../harness/admin.ts';

type PodFault = Omit<FaultRule, 'match'>;

/** Calls of one RPC at a steady rate while its callee's pods fail as stated, and how the breaker must react. */
export interface Trial {
  readonly dependency: Dependency;
  readonly call: RpcWithPolicy;
  /** What is proven; the test's name continues with it after "the breaker of orders for inventory". */
  readonly title: string;
  /** One for each pod of the callee; undefined means that the pod does not fail. */
  readonly faults: readonly (PodFault | undefined)[];
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** The ejection of the first pod; undefined means that no pod is ejected. The other pods never are. */
  readonly ejection?: Ejection;
}

/** What the first ejection must look like. */
interface Ejection {
  /** How many calls reach the pod before it is ejected; undefined if the number does not decide. */
  readonly afterCalls?: number;
  /** Measured from the first call. */
  readonly withinMs: number;
  readonly lastsMs: { readonly min: number; readonly max: number };
}

/** How many percentage points a share of failures must differ from the limit to be distinguishable from it. */
const MARGIN_PERCENT = 5;
/**
 * Calls in an interval, so that the margin is two of them: faults are spread evenly, but an interval may begin with any
 * of them.
 */
const DISTINGUISHABLE = 40;
/** Long enough for a breaker that sometimes opens by chance to open once. */
const QUIET_MS = 60_000;
/** Calls must be far apart, so that calls in flight do not blur the count of consecutive failures. */
const CONSECUTIVE_RATE = 5;

/**
 * The trials that together prove one dependency's breaker.
 *
 * @param endpoints of the callee; with several only the first one fails badly, and it alone must be ejected
 */
export function trialsOf(dependency: Dependency, call: RpcWithPolicy, endpoints: number): readonly Trial[] {
  const { breaker } = dependency.policy;
  const status = dependency.service.serves === 'grpc' ? 'INTERNAL' : 500;
  return partsOf(breaker, status, endpoints).map((part) => ({ dependency, call, ...part }));
}

type Part = Omit<Trial, 'dependency' | 'call'>;

function partsOf(breaker: Breaker, status: string | number, endpoints: number): readonly Part[] {
  switch (breaker.kind) {
    case 'none':
      return [];
    case 'consecutive':
      return consecutiveParts(breaker, status, endpoints);
    case 'failure-rate':
      return failureRateParts(breaker, status, endpoints);
  }
}

function consecutiveParts(breaker: ConsecutiveBreaker, status: string | number, endpoints: number): readonly Part[] {
  const { failures } = breaker;
  const ratePerSecond = CONSECUTIVE_RATE * endpoints;
  const open: Part = {
    title: `opens after ${failures} failures in a row and lets calls in again after ${breaker.ejectionMs} ms`,
    faults: [{ failFirst: failures, status }, ...others(endpoints, interleaved(50, status))],
    ratePerSecond,
    durationMs: (1_000 * (failures + 1)) / CONSECUTIVE_RATE + breaker.ejectionMs + 2 * breaker.intervalMs + 2_000,
    ejection: {
      ...(endpoints === 1 && { afterCalls: failures }),
      withinMs: (1_000 * failures * 3) / CONSECUTIVE_RATE,
      lastsMs: aboutEjection(breaker),
    },
  };
  if (endpoints > 1 || failures === 1) return [open];
  const stay: Part = {
    title: `stays closed after ${failures - 1} failures in a row`,
    faults: [{ failFirst: failures - 1, status }],
    ratePerSecond,
    durationMs: (1_000 * (failures + 5)) / CONSECUTIVE_RATE,
  };
  return [stay, open];
}

function failureRateParts(breaker: FailureRateBreaker, status: string | number, endpoints: number): readonly Part[] {
  const { percent, minRequests, intervalMs } = breaker;
  // Three times what each endpoint needs, because the share that each of several endpoints gets varies.
  const judged = Math.max(3 * minRequests, DISTINGUISHABLE);
  const ratePerSecond = Math.ceil((1_000 * judged * endpoints) / intervalMs);
  const failing = (share: number): PodFault | undefined => interleaved(share, status);
  const above = Math.min(percent + MARGIN_PERCENT, 100);
  const below = percent - MARGIN_PERCENT;
  const ejection = { withinMs: 2 * intervalMs, lastsMs: aboutEjection(breaker) };
  const opens = `opens at ${above} % of failures and lets calls in again after ${breaker.ejectionMs} ms`;
  const stays = `stays closed at ${below} % for ${QUIET_MS / 1_000} s`;
  if (endpoints > 1) {
    const faults = [failing(above), ...others(endpoints, failing(below))];
    return [{ title: `${opens}, and ${stays}`, faults, ratePerSecond, durationMs: QUIET_MS, ejection }];
  }
  // It opens within two intervals and readmits up to one later; then calls must arrive.
  const durationMs = 3 * intervalMs + breaker.ejectionMs + 5_000;
  // The longest trial first, as with several endpoints: the first trials of all dependencies run at the same time.
  return [
    { title: stays, faults: [failing(below)], ratePerSecond, durationMs: QUIET_MS },
    { title: opens, faults: [failing(above)], ratePerSecond, durationMs, ejection },
  ];
}

/** Envoy readmits an endpoint at the first check after its ejection time, so up to one interval later. */
function aboutEjection({ ejectionMs, intervalMs }: ConsecutiveBreaker | FailureRateBreaker): Ejection['lastsMs'] {
  return { min: ejectionMs - intervalMs, max: ejectionMs + intervalMs };
}

function interleaved(percent: number, status: string | number): PodFault | undefined {
  return percent > 0 ? { percent, status } : undefined;
}

function others(endpoints: number, fault: PodFault | undefined): readonly (PodFault | undefined)[] {
  return Array.from({ length: endpoints - 1 }, () => fault);
}

/**
 * Picks for each dependency an RPC to test its breaker with, in waves. Within a wave no two dependencies use the same
 * path of a callee, because a path has only one fault at a time.
 */
export function pickCalls(
  dependencies: readonly Dependency[],
): readonly (readonly (readonly [Dependency, RpcWithPolicy])[])[] {
  const taken = new Set<string>();
  const wave: (readonly [Dependency, RpcWithPolicy])[] = [];
  // The dependency with the fewest RPCs chooses first.
  for (const dependency of dependencies.toSorted((left, right) => left.rpcs.length - right.rpcs.length)) {
    const call = dependency.rpcs.find(({ rpc }) => !taken.has(`${dependency.callee} ${rpc.path}`));
    if (call === undefined) continue;
    taken.add(`${dependency.callee} ${call.rpc.path}`);
    wave.push([dependency, call]);
  }
  const rest = dependencies.filter(
    (dependency) => dependency.rpcs.length > 0 && !wave.some(([one]) => one === dependency),
  );
  return rest.length > 0 ? [wave, ...pickCalls(rest)] : [wave];
}
