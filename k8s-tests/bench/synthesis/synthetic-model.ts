import type { Decision } from '../../../cdk8s/model/decision.ts';
import type { Model } from '../../../cdk8s/model/model.ts';
import type { DependencyPolicy, RetryOn, RpcPolicy } from '../../../cdk8s/model/policy.ts';
import type { Service, SyncInteraction } from '../../../cdk8s/model/topology.ts';
import { seededRandom } from '../../harness/random.ts';

/** A dependency of the synthetic call graph, with the time that all its calls have. */
interface SyntheticDependency {
  readonly caller: string;
  readonly callee: string;
  /** How many hops away from the user, the gateway's own one being 0. */
  readonly depth: number;
  readonly timeoutMs: number;
}

/** Shares of the services, from the ones that users reach to the ones that call nobody. */
const TIER_PERCENTS = [10, 30, 30, 30] as const;
const LAST_TIER = TIER_PERCENTS.length - 1;
const USER_TIMEOUT_MS = 8_000;

/**
 * A model as a company could have it: a tenth of the services takes the users' requests over HTTP, the others serve gRPC and are
 * called by one or two of the tier above, in a share of that one's time. The last tier is behind retries and breakers. Every
 * fifth service tells two others by event.
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
      topics: Object.fromEntries(topics.map((name) => [name, { partitions: 3, retentionDays: 7 }])),
      interactions: [
        ...dependencies.map((dependency) => toInteraction(dependency, byCaller[dependency.callee] ?? [])),
        ...events.map((each) => ({ style: 'async' as const, ...each, decision: event, why: 'synthetic' })),
      ],
    },
    policies: Object.fromEntries(
      dependencies.map((dependency) => [`${dependency.caller}->${dependency.callee}`, toPolicy(dependency)]),
    ),
    limits: { worstCaseCalls: 50, sustainedCalls: 50 },
    saga: { steps: [] },
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

/** A service makes its calls one after the other: together they have what its most hurried caller gives it. */
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
  const ejection = { intervalMs: 1_000, ejectionMs: 10_000, maxEjectionPercent: 'all' } as const;
  const byRate = callee.endsWith('0');
  const Read: RpcPolicy = { ...once, idempotency: 'safe', ...(last && { retries: quickFailures }) };
  return {
    pool: { connectTimeoutMs: 250, maxConnections: 256, maxRequests: 512, maxPendingRequests: 128 },
    retryBudget: { percent: 20, minConcurrency: 3 },
    breaker: !last
      ? { kind: 'none' }
      : byRate
        ? { kind: 'failure-rate', percent: 50, minRequests: 20, ...ejection }
        : { kind: 'consecutive', failures: 20, ...ejection },
    rpcs: { Read, Write: { ...once, idempotency: 'by-key' } },
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
