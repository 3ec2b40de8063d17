import type { Decision } from '../model/decision.ts';
import type { Model } from '../model/model.ts';
import type { ConnectionPool, DependencyPolicy, Policies, RpcPolicy } from '../model/policy.ts';
import type { Slo } from '../model/slo.ts';
import type { Topology } from '../model/topology.ts';

/** Decisions that no criterion objects to. */
export const call = {
  owner: 'us',
  impact: 'much',
  waits: 'customer',
  criticality: 'critical',
  consistency: 'strong',
  ordering: 'none',
  latencyBudgetMs: 2_000,
  availabilityPercent: 99,
  onFailure: 'an error',
  tactic: 'sync-call',
} as const satisfies Decision;
export const partner = { ...call, tactic: 'partner-adapter' } as const satisfies Decision;
export const event = { ...call, waits: 'nobody', consistency: 'eventual', tactic: 'event' } as const satisfies Decision;

const slo = { availabilityPercent: 99, latency: { percent: 99, withinMs: 250 } } as const satisfies Slo;

/**
 * A small world for tests: the gateway asks and buys at a; to answer, a asks b, to sell, it pays a partner; c asks b,
 * too; a tells c through Kafka.
 */
export const exampleTopology = {
  services: {
    a: { namespace: 'shop', serves: 'http', database: 'a', why: '' },
    b: { namespace: 'shop', serves: 'grpc', database: 'b', why: '' },
    c: { namespace: 'shop', serves: 'nothing', database: 'c', why: '' },
    bank: {
      namespace: 'partner',
      serves: 'https',
      database: 'bank',
      external: { host: 'bank.example', ca: 'bank-ca' },
      why: '',
    },
  },
  topics: {
    'a.v1': { partitions: 3, retentionDays: 7, segmentHours: 24 },
    'c.dlq': { partitions: 1, retentionDays: 30, segmentHours: 24 },
  },
  deduplicationDays: 9,
  recordRetentionDays: 400,
  interactions: [
    {
      style: 'sync',
      caller: 'gateway',
      callee: 'a',
      decision: call,
      rpcs: {
        Enter: {
          method: 'GET',
          path: '/v1/{id}',
          calls: ['b.Ask'],
          ratePerSecond: 10,
          slo,
          access: 'customer',
          why: '',
        },
        Buy: {
          method: 'POST',
          path: '/v1/purchases',
          calls: ['bank.Pay'],
          ratePerSecond: 10,
          slo,
          access: 'anyone',
          why: '',
        },
      },
    },
    {
      style: 'sync',
      caller: 'a',
      callee: 'b',
      decision: call,
      rpcs: { Ask: { path: '/b.v1.B/Ask', calls: [], ratePerSecond: 20, why: '' } },
    },
    {
      style: 'sync',
      caller: 'c',
      callee: 'b',
      decision: call,
      rpcs: { Ask: { path: '/b.v1.B/Ask', calls: [], ratePerSecond: 20, why: '' } },
    },
    {
      style: 'sync',
      caller: 'a',
      callee: 'bank',
      decision: partner,
      rpcs: { Pay: { method: 'POST', path: '/pay', calls: [], ratePerSecond: 6, why: '' } },
    },
    { style: 'async', producer: 'a', topic: 'a.v1', consumers: ['c'], decision: event, why: '' },
  ],
} as const satisfies Topology;

export const neverRetried = {
  timeoutMs: 500,
  afterTimeout: 'callee-stops',
  idempotency: 'none',
  retries: { kind: 'never' },
} as const satisfies RpcPolicy;

export const safeOnce = { ...neverRetried, idempotency: 'safe' } as const satisfies RpcPolicy;

/** The caller cannot cancel work at a partner: only an idempotency key makes a call safe. */
export const payOnce = {
  ...neverRetried,
  afterTimeout: 'callee-carries-on',
  idempotency: 'by-key',
} as const satisfies RpcPolicy;

export const retried = {
  timeoutMs: 1_000,
  afterTimeout: 'callee-stops',
  idempotency: 'safe',
  retries: {
    kind: 'on',
    conditions: ['unavailable', 'reset', 'deadline-exceeded'],
    attempts: 2,
    perTryTimeoutMs: 300,
    backoffMs: 20,
  },
} as const satisfies RpcPolicy;

const partnerPool = {
  connectTimeoutMs: 1_000,
  maxConnections: 10,
  maxRequests: 20,
  maxPendingRequests: 5,
} as const satisfies ConnectionPool;

/** A dependency policy with these RPCs. */
export function dependencyPolicy(
  rpcs: DependencyPolicy['rpcs'],
  rest: Partial<DependencyPolicy> = {},
): DependencyPolicy {
  return {
    pool: { connectTimeoutMs: 100, maxConnections: 10, maxRequests: 20, maxPendingRequests: 5 },
    retryBudget: { percent: 20, minConcurrency: 3 },
    breaker: { kind: 'none' },
    rpcs,
    ...rest,
  };
}

export const examplePolicies: Policies = {
  'gateway->a': dependencyPolicy({ Enter: safeOnce, Buy: payOnce }),
  'a->b': dependencyPolicy(
    { Ask: retried },
    { breaker: { kind: 'consecutive', failures: 5, intervalMs: 1_000, ejectionMs: 30_000, maxEjectionPercent: 'all' } },
  ),
  'c->b': dependencyPolicy({ Ask: safeOnce }),
  'a->bank': dependencyPolicy({ Pay: { ...payOnce, timeoutMs: 1_500 } }, { pool: partnerPool }),
};

/** The example as a plan wants it, with some of its parts replaced. */
export function exampleModel(change: Partial<Model> = {}): Model {
  return {
    topology: exampleTopology,
    policies: examplePolicies,
    limits: { worstCaseCalls: 9, sustainedCalls: 2 },
    ...change,
  };
}
