import type { Decision } from '../../../cdk8s/model/decision.ts';
import type { Model } from '../../../cdk8s/model/model.ts';
import type { DependencyPolicy, RetryBudget, RpcPolicy } from '../../../cdk8s/model/policy.ts';
import type { Service, SyncInteraction } from '../../../cdk8s/model/topology.ts';

/** The first service of every chain. It only calls, and serves nothing. */
export const CLIENT = 'client';

/** A chain of services, each of which calls the next: a namespace of its own, which the test creates and removes. */
export interface Chain {
  readonly namespace: string;
  /** In the order of the calls. The last one is the leaf. */
  readonly callees: readonly [string, ...string[]];
  readonly model: Model;
}

export interface ChainOptions {
  readonly namespace: string;
  /** What each service's caller does, in the order of the calls. The last one is the leaf. */
  readonly hops: Readonly<Record<string, Pick<RpcPolicy, 'timeoutMs' | 'retries'>>>;
  readonly connectTimeoutMs: number;
  readonly retryBudget: RetryBudget;
  readonly ratePerSecond: number;
  readonly limits: Model['limits'];
}

const decision = {
  owner: 'the test',
  impact: 'none',
  waits: 'customer',
  criticality: 'deferrable',
  consistency: 'strong',
  ordering: 'none',
  latencyBudgetMs: 30_000,
  availabilityPercent: 95,
  onFailure: 'the client sees it',
  tactic: 'sync-call',
} as const satisfies Decision;

const pool = { maxConnections: 10_000, maxRequests: 10_000, maxPendingRequests: 10_000 };

/** Makes the chain's model. Ejection is off, so that only retries and their budgets have an effect. */
export function chainOf(options: ChainOptions): Chain {
  const { namespace, hops, connectTimeoutMs, retryBudget, ratePerSecond, limits } = options;
  const callees = Object.keys(hops) as [string, ...string[]];
  const service: Service = { namespace, serves: 'http', database: 'none', why: 'a link of the chain' };
  const pairs = callees.map((callee, index) => ({ caller: callees[index - 1] ?? CLIENT, callee }));
  return {
    namespace,
    callees,
    model: {
      topology: {
        services: {
          [CLIENT]: { ...service, serves: 'nothing' },
          ...Object.fromEntries(callees.map((name) => [name, service])),
        },
        topics: {},
        deduplicationDays: 1,
        recordRetentionDays: 400,
        interactions: pairs.map(({ caller, callee }, index): SyncInteraction => {
          const next = callees[index + 1];
          const calls = next === undefined ? [] : [`${next}.Call`];
          const rpcs = { Call: { method: 'GET', path: '/call', calls, ratePerSecond, why: 'one link' } } as const;
          return { style: 'sync', caller, callee, decision, rpcs };
        }),
      },
      policies: Object.fromEntries(
        pairs.map(({ caller, callee }): [string, DependencyPolicy] => {
          const call: RpcPolicy = {
            timeoutMs: 30_000,
            retries: { kind: 'never' },
            ...hops[callee],
            afterTimeout: 'callee-stops',
            idempotency: 'safe',
          };
          const policy = { pool: { ...pool, connectTimeoutMs }, retryBudget, breaker: { kind: 'none' } } as const;
          return [`${caller}->${callee}`, { ...policy, rpcs: { Call: call } }];
        }),
      ),
      limits,
    },
  };
}
