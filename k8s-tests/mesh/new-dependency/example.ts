import { environments } from '../../../cdk8s/environments.ts';
import type { Environment } from '../../../cdk8s/model/environment.ts';
import type { PoliciesFor } from '../../../cdk8s/model/policy.ts';
import type { Topology } from '../../../cdk8s/model/topology.ts';
import { policies } from '../../../cdk8s/policies.ts';
import { topology } from '../../../cdk8s/topology.ts';

/**
 * The result of docs/add-a-service.md in a copy of the model: one more service with a dependency, a policy and a second
 * replica. It runs inventory's code on inventory's database.
 */
export const exampleTopology = {
  ...topology,
  services: {
    ...topology.services,
    warehouse: {
      namespace: 'shop',
      serves: 'grpc',
      program: 'inventory',
      database: 'inventory',
      why: 'knows where each item is stored',
    },
  },
  interactions: [
    ...topology.interactions,
    {
      style: 'sync',
      caller: 'orders',
      callee: 'warehouse',
      decision: {
        owner: 'orders team',
        impact: 'delivery dates are guesses',
        waits: 'customer',
        criticality: 'important',
        consistency: 'eventual',
        ordering: 'none',
        latencyBudgetMs: 1_000,
        availabilityPercent: 99.5,
        onFailure: 'the longest delivery time is shown',
        tactic: 'sync-call',
      },
      rpcs: {
        Check: {
          path: '/windlass.inventory.v1.Inventory/Check',
          calls: [],
          ratePerSecond: 4,
          why: 'the customer sees when it arrives',
        },
        Reserve: {
          path: '/windlass.inventory.v1.Inventory/Reserve',
          calls: [],
          ratePerSecond: 4,
          why: 'a place on the next van; it is full of customers who wait, so orders asks only once',
        },
      },
    },
  ],
} as const satisfies Topology;

export const examplePolicies = {
  ...policies,
  'orders->warehouse': {
    pool: { connectTimeoutMs: 200, maxConnections: 32, maxRequests: 64, maxPendingRequests: 16 },
    retryBudget: { percent: 15, minConcurrency: 2 },
    breaker: { kind: 'consecutive', failures: 3, intervalMs: 1_000, ejectionMs: 5_000, maxEjectionPercent: 50 },
    rpcs: {
      Check: {
        timeoutMs: 900,
        afterTimeout: 'callee-stops',
        idempotency: 'safe',
        retries: {
          kind: 'on',
          conditions: ['unavailable', 'connect-failure', 'refused-stream', 'reset', 'deadline-exceeded'],
          attempts: 2,
          perTryTimeoutMs: 250,
          backoffMs: 10,
        },
      },
      Reserve: {
        timeoutMs: 400,
        afterTimeout: 'callee-carries-on',
        idempotency: 'by-key',
        retries: { kind: 'never' },
      },
    },
  },
} as const satisfies PoliciesFor<typeof exampleTopology>;

export const exampleEnvironment = {
  ...environments.dev,
  replicas: { each: 1, of: { warehouse: 2 } },
} as const satisfies Environment;
