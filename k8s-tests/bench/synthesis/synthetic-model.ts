import type { Decision } from '../../../cdk8s/model/decision.ts';
import type { Model } from '../../../cdk8s/model/model.ts';
import type { DependencyPolicy, RetryOn, RpcPolicy } from '../../../cdk8s/model/policy.ts';
import { GATEWAY, type Service, type SyncInteraction } from '../../../cdk8s/model/topology.ts';
import { seededRandom } from '../../harness/random.ts';

/** A dependency of the synthetic call graph, with the timeout of all its calls. */
interface SyntheticDependency {
  readonly caller: string;
  readonly callee: string;
  /** The number of hops from the user; 0 for the gateway's calls. */
  readonly depth: number;
  readonly timeoutMs: number;
}

/** Percentages of the services per tier, from those that users reach to those that call no other service. */
const TIER_PERCENTS = [10, 30, 30, 30] as const;
const LAST_TIER = TIER_PERCENTS.length - 1;
const USER_TIMEOUT_MS = 8_000;

/**
 * Creates a realistic model: a tenth of the services serves the users over HTTP. The others serve gRPC to one or two
 * services of the tier above, with a part of that caller's timeout. Calls of the last tier have retries and breakers.
 * Every fifth service publishes events for two others.
 *
 * @param services at least 10
 * @param seed the same seed gives the same model
 */
export function syntheticModel(services: number, seed = 1): Required<Model> {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[random.integer(from.length)] as T;
  const tiers = tiersOf(services);
  const names = tiers.flat();
  const dependencies = withTimeouts(dependenciesBetween(tiers, pick));
  const byCaller = Object.groupBy(dependencies, ({ caller }) => caller);
  const events = names
    .filter((_, index) => index % 5 === 0)
    .map((producer) => ({ producer, topic: `${producer}.v1`, consumers: [...new Set([pick(names), pick(names)])] }));
  const topics = events.flatMap(({ topic, consumers }) => [topic, ...consumers.map((name) => `${name}.dlq`)]);

  return {
    topology: {
      services: Object.fromEntries(tiers.flatMap((tier, depth) => tier.map((name) => [name, toService(name, depth)]))),
      topics: Object.fromEntries(
        topics.map((name) => [
          name,
          { partitions: 3, retentionDays: name.endsWith('.dlq') ? 30 : 7, segmentHours: 24 },
        ]),
      ),
      deduplicationDays: 9,
      recordRetentionDays: 400,
      interactions: [
        ...dependencies.map((dependency) => toInteraction(dependency, byCaller[dependency.callee] ?? [])),
        ...events.map((each) => ({ style: 'async' as const, ...each, decision: event, why: 'synthetic' })),
      ],
    },
    policies: Object.fromEntries(
      dependencies.map((dependency) => [`${dependency.caller}->${dependency.callee}`, toPolicy(dependency)]),
    ),
    limits: { worstCaseCalls: 50, sustainedCalls: 5 },
    saga: { steps: [] },
    releasedTopics: Object.fromEntries(topics.map((name) => [name, { partitions: 3 }])),
  };
}

function tiersOf(services: number): string[][] {
  const names = Array.from({ length: services }, (_, index) => `service-${String(index).padStart(4, '0')}`);
  let percent = 0;
  return TIER_PERCENTS.map((share) => {
    const from = Math.round((services * percent) / 100);
    percent += share;
    return names.slice(from, Math.round((services * percent) / 100));
  });
}

function dependenciesBetween(tiers: readonly string[][], pick: (from: readonly string[]) => string) {
  return tiers.flatMap((tier, depth) => {
    const above = tiers[depth - 1] ?? ['gateway'];
    return tier.flatMap((callee, index) => {
      const first = above[index % above.length] as string;
      const callers = new Set(index % 2 === 0 ? [first, pick(above)] : [first]);
      return [...callers].map((caller) => ({ caller, callee, depth }));
    });
  });
}

/** A service makes its calls one after the other, so together they have the shortest timeout of its callers. */
function withTimeouts(dependencies: readonly Omit<SyntheticDependency, 'timeoutMs'>[]): SyntheticDependency[] {
  const callees = Object.groupBy(dependencies, ({ caller }) => caller);
  const budgetMs = new Map<string, number>();
  return dependencies.map((dependency) => {
    const { caller, callee, depth } = dependency;
    const share = (budgetMs.get(caller) ?? 0) / (callees[caller]?.length ?? 1);
    const timeoutMs = depth === 0 ? USER_TIMEOUT_MS : Math.floor(share);
    budgetMs.set(callee, Math.min(timeoutMs, budgetMs.get(callee) ?? Infinity));
    return { ...dependency, timeoutMs };
  });
}

function toService(name: string, depth: number): Service {
  return { namespace: 'shop', serves: depth === 0 ? 'http' : 'grpc', database: name, why: 'synthetic' };
}

function toInteraction(
  { caller, callee, depth, timeoutMs }: SyntheticDependency,
  next: SyntheticDependency[],
): SyncInteraction {
  const rpc = (name: string, http: { method: 'GET' | 'POST'; path: string }) => ({
    ...(depth === 0 ? http : { path: `/windlass.${callee.replaceAll('-', '_')}.v1.Api/${name}` }),
    calls: next.map((dependency) => `${dependency.callee}.${name}`),
    ratePerSecond: 2,
    ...(caller === GATEWAY && {
      slo: { availabilityPercent: 99, latency: { percent: 99, withinMs: 1_000 } },
      access: 'customer' as const,
    }),
    why: 'synthetic',
  });
  return {
    style: 'sync',
    caller,
    callee,
    decision: { ...call, latencyBudgetMs: timeoutMs },
    rpcs: {
      Read: rpc('Read', { method: 'GET', path: `/v1/${callee}/{id}` }),
      Write: rpc('Write', { method: 'POST', path: `/v1/${callee}` }),
    },
  };
}

function toPolicy({ callee, depth, timeoutMs }: SyntheticDependency): DependencyPolicy {
  const last = depth === LAST_TIER;
  const once = { timeoutMs, afterTimeout: 'callee-stops', retries: { kind: 'never' } } as const;
  const ejection = { intervalMs: 10_000, ejectionMs: 10_000, maxEjectionPercent: 'all' } as const;
  const byRate = callee.endsWith('0');
  const Read: RpcPolicy = { ...once, idempotency: 'safe', ...(last && { retries: quickFailures }) };
  return {
    pool: { connectTimeoutMs: 50, maxConnections: 256, maxRequests: 512, maxPendingRequests: 128 },
    retryBudget: { percent: 20, minConcurrency: 3 },
    breaker: !last
      ? { kind: 'none' }
      : byRate
        ? { kind: 'failure-rate', percent: 50, minRequests: 20, ...ejection }
        : { kind: 'consecutive', failures: 20, ...ejection },
    rpcs: { Read, Write: { ...once, afterTimeout: 'callee-carries-on', idempotency: 'by-key' } },
  };
}

const quickFailures = {
  kind: 'on',
  conditions: ['unavailable', 'connect-failure', 'refused-stream', 'reset'],
  attempts: 2,
  perTryTimeoutMs: 'rest-of-timeout',
  backoffMs: 5,
} as const satisfies RetryOn;

const call = {
  owner: 'synthetic',
  impact: 'synthetic',
  waits: 'customer',
  criticality: 'important',
  consistency: 'strong',
  ordering: 'none',
  latencyBudgetMs: USER_TIMEOUT_MS,
  availabilityPercent: 99.9,
  onFailure: 'synthetic',
  tactic: 'sync-call',
} as const satisfies Decision;

const event = { ...call, waits: 'nobody', consistency: 'eventual', tactic: 'event' } as const satisfies Decision;
