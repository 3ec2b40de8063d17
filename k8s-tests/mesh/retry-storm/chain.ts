import type { Decision } from '../../../cdk8s/model/decision.ts';
import type { Model } from '../../../cdk8s/model/model.ts';
import type { DependencyPolicy } from '../../../cdk8s/model/policy.ts';

/** The namespace of the chain; the test creates and removes it. */
export const NAMESPACE = 'retry-storm';

const decision = {
  owner: 'the test',
  impact: 'none',
  waits: 'customer',
  criticality: 'deferrable',
  consistency: 'strong',
  ordering: 'none',
  latencyBudgetMs: 30_000,
  availabilityPercent: 99,
  onFailure: 'the client sees it',
  tactic: 'sync-call',
} as const satisfies Decision;

const service = { namespace: NAMESPACE, serves: 'http', database: 'none', why: 'a link of the chain' } as const;

function hop(caller: string, callee: string, calls: readonly string[]) {
  const rpcs = { Call: { method: 'GET', path: '/call', calls, ratePerSecond: 200, why: 'one link' } } as const;
  return { style: 'sync', caller, callee, decision, rpcs } as const;
}

/** Each hop alone admits 1.04 calls per request, three of them 1.13. */
function policy(timeoutMs: number): DependencyPolicy {
  return {
    pool: { connectTimeoutMs: 1_000, maxConnections: 10_000, maxRequests: 10_000, maxPendingRequests: 10_000 },
    retryBudget: { percent: 4, minConcurrency: 3 },
    breaker: { kind: 'none' },
    rpcs: {
      Call: {
        timeoutMs,
        afterTimeout: 'callee-stops',
        idempotency: 'safe',
        retries: {
          kind: 'on',
          conditions: ['gateway-error'],
          attempts: 2,
          perTryTimeoutMs: 'rest-of-timeout',
          backoffMs: 10,
        },
      },
    },
  };
}

/** client -> first -> second -> leaf: three hops that all retry twice, ejection off. */
export const chain = {
  topology: {
    services: { client: { ...service, serves: 'nothing' }, first: service, second: service, leaf: service },
    topics: {},
    deduplicationDays: 1,
    interactions: [
      hop('client', 'first', ['second.Call']),
      hop('first', 'second', ['leaf.Call']),
      hop('second', 'leaf', []),
    ],
  },
  policies: {
    'client->first': policy(30_000),
    'first->second': policy(20_000),
    'second->leaf': policy(10_000),
  },
  limits: { worstCaseCalls: 27, sustainedCalls: 1.2 },
} as const satisfies Model;
