import { describe, expect, test } from 'vitest';
import { planMesh } from '../mesh/plan.ts';
import type { Breaker, ConsecutiveBreaker, Policies } from '../model/policy.ts';
import { SynthesisRejected } from '../model/problem.ts';
import {
  dependencyPolicy,
  exampleModel,
  examplePolicies,
  exampleTopology,
  neverRetried,
  payOnce,
  retried,
} from '../testing/example.ts';
import { analyze } from './analyze.ts';

const ONE = [{ each: 1 }];
const breaker: ConsecutiveBreaker = {
  kind: 'consecutive',
  failures: 5,
  intervalMs: 1_000,
  ejectionMs: 1_000,
  maxEjectionPercent: 100,
};

const rulesOf = (policies: Policies, limits = exampleModel().limits) =>
  analyze(exampleModel({ policies, limits }), ONE).map(({ rule }) => rule);

test('the example has no problem', () => {
  expect(analyze(exampleModel(), ONE)).toEqual([]);
});

describe('each rule is applied', () => {
  const asking = (change: object) => ({
    ...examplePolicies,
    'a->b': dependencyPolicy({ Ask: { ...retried, ...change } }),
  });
  const paying = (change: object) => ({
    ...examplePolicies,
    'a->bank': dependencyPolicy({ Pay: { ...payOnce, ...change } }),
  });
  const retries = { ...retried.retries, conditions: ['reset'] } as const;
  const judging = (kind: object) => ({
    ...examplePolicies,
    'a->b': dependencyPolicy({ Ask: retried }, { breaker: { ...breaker, ...kind } as Breaker }),
  });

  test.each<[string, Policies]>([
    ['attempts-fit-timeout', asking({ timeoutMs: 400 })],
    ['timeout-within-budget', asking({ timeoutMs: 2_001 })],
    ['retry-needs-idempotency', paying({ idempotency: 'none', timeoutMs: 1_000, retries })],
    ['condition-can-hold', paying({ timeoutMs: 1_000, retries: retried.retries })],
    ['slow-attempts-retried', asking({ retries })],
    ['get-is-safe', { ...examplePolicies, 'gateway->a': dependencyPolicy({ Enter: neverRetried, Buy: neverRetried }) }],
    ['ejects-everything-unstated', { ...examplePolicies, 'a->bank': dependencyPolicy({ Pay: payOnce }, { breaker }) }],
    [
      'ejection-possible',
      {
        ...examplePolicies,
        'a->bank': dependencyPolicy({ Pay: payOnce }, { breaker: { ...breaker, maxEjectionPercent: 50 } }),
      },
    ],
    [
      'ejection-outlasts-interval',
      {
        ...examplePolicies,
        'a->bank': dependencyPolicy(
          { Pay: payOnce },
          { breaker: { ...breaker, maxEjectionPercent: 'all', ejectionMs: 999 } },
        ),
      },
    ],
    ['callee-outlives-caller', paying({ afterTimeout: 'callee-stops' })],
    ['safe-calls-safe', asking({ idempotency: 'by-key' })],
    ['callers-agree', asking({ idempotency: 'by-key' })],
    ['policy-for-each-dependency', { ...examplePolicies, 'a->b': dependencyPolicy({}) }],
    ['dependency-for-each-policy', { ...examplePolicies, 'a->z': dependencyPolicy({}) }],
    ['numbers-in-range', asking({ timeoutMs: Number.NaN })],
    ['conditions-differ', asking({ retries: { ...retries, conditions: ['reset', 'reset'] } })],
    ['partner-connects-in-time', { ...examplePolicies, 'a->bank': dependencyPolicy({ Pay: payOnce }) }],
    ['connect-fits-attempt', asking({ timeoutMs: 100 })],
    ['volume-within-reach', judging({ kind: 'failure-rate', percent: 50, minRequests: 21 })],
    ['failures-within-reach', judging({ kind: 'consecutive', failures: 1_201 })],
    ['pool-fits-rate', { ...examplePolicies, 'a->b': dependencyPolicy({ Ask: { ...retried, timeoutMs: 2_000 } }) }],
    [
      'floor-fits-rate',
      {
        ...examplePolicies,
        'a->b': dependencyPolicy({ Ask: retried }, { retryBudget: { percent: 20, minConcurrency: 21 } }),
      },
    ],
  ])('%s', (rule, policies) => {
    expect(rulesOf(policies)).toContain(rule);
  });

  test('slos-stated and slos-reachable', () => {
    const [{ rpcs, ...enter }] = exampleTopology.interactions;
    const slo = { ...rpcs.Enter.slo, availabilityPercent: 100 };
    const { slo: _, ...Buy } = rpcs.Buy;
    const interactions = [{ ...enter, rpcs: { Enter: { ...rpcs.Enter, slo }, Buy } }];
    const topology = { ...exampleTopology, interactions };
    const rules = analyze(exampleModel({ topology }), ONE).map(({ rule }) => rule);
    expect(rules).toEqual(expect.arrayContaining(['slos-stated', 'slos-reachable']));
  });

  test('topics-fit-deduplication, segments-within-retention, dead-letters-kept and topics-as-released', () => {
    const topic = { partitions: 7, retentionDays: 30, segmentHours: 721 };
    const topics = { 'a.v1': topic, 'c.dlq': { ...topic, retentionDays: 1 } };
    const topology = { ...exampleTopology, topics };
    const releasedTopics = { 'a.v1': { partitions: 3 } };
    const rules = analyze(exampleModel({ topology, releasedTopics }), ONE).map(({ rule }) => rule);
    const ofTopics = ['topics-fit-deduplication', 'segments-within-retention', 'dead-letters-kept'];
    expect(rules).toEqual(expect.arrayContaining([...ofTopics, 'topics-as-released']));
  });

  test('rate-fits-callers', () => {
    const [enter, ask] = exampleTopology.interactions;
    const often = { ...ask, rpcs: { Ask: { ...ask.rpcs.Ask, ratePerSecond: 21 } } };
    const topology = { ...exampleTopology, interactions: [enter, often] };
    expect(analyze(exampleModel({ topology }), ONE).map(({ rule }) => rule)).toContain('rate-fits-callers');
  });

  test('amplification', () => {
    expect(rulesOf(examplePolicies, { worstCaseCalls: 2, sustainedCalls: 2 })).toEqual(['amplification']);
  });

  test('no-call-cycle, names-valid, names-exist, no-duplicates and routes-reachable', () => {
    const [enter, ask] = exampleTopology.interactions;
    const ring = { ...ask, rpcs: { Ask: { ...ask.rpcs.Ask, calls: ['b.Ask', 'c.Gone'] } } };
    const again = { ...enter, rpcs: { again: enter.rpcs.Enter } };
    const topology = {
      ...exampleTopology,
      interactions: [...exampleTopology.interactions, again, { ...ring, caller: 'b' }, { ...ring, caller: 'c' }],
    };
    const policies = { ...examplePolicies, 'b->b': dependencyPolicy({ Ask: retried }) };
    const rules = analyze(exampleModel({ topology, policies }), ONE).map(({ rule }) => rule);
    const expected = ['no-call-cycle', 'names-valid', 'names-exist', 'no-duplicates', 'routes-reachable'];
    expect(rules).toEqual(expect.arrayContaining(expected));
  });
});

test('a problem that the RPCs of a dependency share is reported once', () => {
  const [first] = exampleTopology.interactions;
  const policies = {
    ...examplePolicies,
    'gateway->a': dependencyPolicy(examplePolicies['gateway->a']?.rpcs ?? {}, { breaker }),
  };
  expect(Object.keys(first.rpcs)).toHaveLength(2);
  expect(analyze(exampleModel({ policies }), [{ each: 2 }, { each: 2 }]).map(({ subject }) => subject)).toEqual([
    'gateway->a',
  ]);
});

test('the rules are applied even without an environment', () => {
  const policies = { ...examplePolicies, 'a->b': dependencyPolicy({ Ask: { ...retried, timeoutMs: 400 } }) };
  expect(analyze(exampleModel({ policies }), [])).toHaveLength(1);
});

test('a rejection names every problem at once, each with dependency, value and rule', () => {
  const policies = {
    ...examplePolicies,
    'a->b': dependencyPolicy({ Ask: { ...retried, timeoutMs: 400 } }, { breaker }),
    'a->z': dependencyPolicy({}),
  };
  let rejection: unknown;
  try {
    planMesh(exampleModel({ policies }), ONE);
  } catch (error) {
    rejection = error;
  }
  expect(rejection).toBeInstanceOf(SynthesisRejected);
  const { problems, message } = rejection as SynthesisRejected;
  expect(problems.map(({ rule }) => rule).toSorted()).toEqual([
    'attempts-fit-timeout',
    'dependency-for-each-policy',
    'ejects-everything-unstated',
  ]);
  for (const { subject, value, rule } of problems) expect(message).toContain(`${subject}  ${value}  [${rule}]`);
});
