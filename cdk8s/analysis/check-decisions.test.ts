import { describe, expect, test } from 'vitest';
import type { Decision } from '../model/decision.ts';
import type { Model } from '../model/model.ts';
import type { Policies } from '../model/policy.ts';
import type { Saga } from '../model/saga-step.ts';
import { dependencyPolicy, exampleModel, examplePolicies, exampleTopology, neverRetried } from '../testing/example.ts';
import { checkDecisions } from './check-decisions.ts';
import { criteria } from './criteria.ts';
import { tactics } from './tactics.ts';

const pending = {
  waits: 'customer',
  consistency: 'eventual',
  latencyBudgetMs: 999,
  tactic: 'hybrid-with-pending',
} as const satisfies Partial<Decision>;
const step = { waits: 'saga', consistency: 'eventual', tactic: 'saga-step' } as const satisfies Partial<Decision>;
const byKey = { ...neverRetried, idempotency: 'by-key' } as const;
const stepPolicies: Policies = { ...examplePolicies, 'c->b': dependencyPolicy({ Ask: byKey }) };
const stepSaga: Saga = {
  steps: [
    {
      name: 'ask',
      by: ['c'],
      does: { kind: 'calls', rpc: 'b.Ask' },
      compensation: { kind: 'retried-until-done' },
      events: [],
      note: '',
    },
  ],
};

/** The example with these decisions changed, by `caller->callee` or `producer->topic`. */
function withDecisions(changes: Record<string, Partial<Decision>>, rest: Partial<Model> = {}): Model {
  const interactions = exampleTopology.interactions.map((interaction) => {
    const [from, to] =
      interaction.style === 'sync'
        ? [interaction.caller, interaction.callee]
        : [interaction.producer, interaction.topic];
    return { ...interaction, decision: { ...interaction.decision, ...changes[`${from}->${to}`] } };
  });
  return exampleModel({ topology: { ...exampleTopology, interactions }, ...rest });
}

function rejectionsOf(changes: Record<string, Partial<Decision>>, rest: Partial<Model> = {}): string[] {
  return checkDecisions(withDecisions(changes, rest)).map(({ subject, rule, value }) => `${subject} ${rule}: ${value}`);
}

test('the example has no contradiction', () => {
  expect(checkDecisions(exampleModel())).toEqual([]);
});

describe('criteria', () => {
  test('a caller waits, but the tactic is an event', () => {
    expect(rejectionsOf({ 'a->a.v1': { waits: 'customer' } })).toEqual([
      'a->a.v1->c response-needed: waits = customer',
      'a->a.v1->c failure-handling: waits = customer',
    ]);
  });

  test('nobody waits, but it is a call', () => {
    expect(rejectionsOf({ 'a->b': { waits: 'nobody', consistency: 'eventual', criticality: 'deferrable' } })).toEqual([
      'a->b response-needed: waits = nobody',
      'a->b coupling-tolerance: waits = nobody, consistency = eventual',
      'a->b failure-handling: waits = nobody',
      'a->b throughput: waits = nobody, criticality = deferrable',
    ]);
  });

  test('an event neither makes both sides agree nor arrives within a second', () => {
    expect(rejectionsOf({ 'a->a.v1': { consistency: 'strong' } })).toEqual([
      'a->a.v1->c consistency: consistency = strong',
    ]);
    expect(rejectionsOf({ 'a->a.v1': { latencyBudgetMs: 999 } })).toEqual([
      'a->a.v1->c latency-sensitivity: latencyBudgetMs = 999',
    ]);
    expect(rejectionsOf({ 'a->a.v1': { latencyBudgetMs: 1_000 } })).toEqual([]);
  });

  test('nobody waits, yet both sides must agree: no tactic serves that', () => {
    const torn = { waits: 'nobody', consistency: 'strong' } as const;
    expect(rejectionsOf({ 'a->b': torn })).not.toEqual([]);
    expect(rejectionsOf({ 'a->a.v1': torn })).not.toEqual([]);
  });

  test('a rejection states the question and the reason', () => {
    const [problem] = checkDecisions(withDecisions({ 'a->a.v1': { consistency: 'strong' } }));
    expect(problem?.message).toContain('Must both sides agree when the call ends? This asks for sync, event is async.');
  });

  test.each(criteria)('$name has reasons and sources', ({ question, reason, sources, reads }) => {
    expect(question).toMatch(/\?$/);
    expect(reason).toMatch(/\.$/);
    expect(sources.length * reads.length).toBeGreaterThan(0);
  });
});

describe('the catalogue', () => {
  test('two-phase commit is rejected with the reason, and with nothing else', () => {
    const [problem, ...others] = checkDecisions(withDecisions({ 'a->b': { tactic: 'two-phase-commit' } }));
    expect(problem).toMatchObject({
      subject: 'a->b',
      rule: 'tactic-not-rejected',
      value: 'tactic = two-phase-commit',
    });
    expect(problem?.message).toContain('holds locks');
    expect(others).toEqual([]);
  });

  test('an event is not a call, and a call is not an event', () => {
    expect(rejectionsOf({ 'a->b': { tactic: 'event' } })).toContain('a->b tactic-fits-style: tactic = event');
    expect(rejectionsOf({ 'a->a.v1': { tactic: 'sync-call' } })).toContain(
      'a->a.v1->c tactic-fits-style: tactic = sync-call',
    );
  });

  test('a partner is called by its adapter only, and only a partner has one', () => {
    expect(rejectionsOf({ 'a->bank': { tactic: 'sync-call' } })).toEqual(['a->bank callee-is-ours: callee = bank']);
    expect(rejectionsOf({ 'a->b': { tactic: 'partner-adapter' } })).toEqual([
      'a->b callee-is-partner: callee = b',
      'a->b only-caller: other caller = c',
    ]);
  });

  test('hybrid with pending needs a waiting customer, eventual consistency, a short budget and a saga', () => {
    expect(rejectionsOf({ 'a->b': pending }, { saga: stepSaga })).toEqual([]);
    expect(rejectionsOf({ 'a->b': pending })).toEqual(['a->b saga-completes: callee = b']);
    const wrong = { ...pending, waits: 'saga', consistency: 'strong', latencyBudgetMs: 1_000 } as const;
    expect(rejectionsOf({ 'a->b': wrong }, { saga: stepSaga })).toEqual([
      'a->b customer-waits: waits = saga',
      'a->b eventual-is-enough: consistency = strong',
      'a->b short-budget: latencyBudgetMs = 1000',
    ]);
  });

  test('for a saga step the saga waits, each call has a key, and saga.ts lists it', () => {
    expect(rejectionsOf({ 'c->b': step }, { policies: stepPolicies, saga: stepSaga })).toEqual([]);
    expect(rejectionsOf({ 'c->b': { ...step, waits: 'customer' } })).toEqual([
      'c->b saga-waits: waits = customer',
      'c->b.Ask calls-are-by-key: idempotency = safe',
      'c->b.Ask calls-are-saga-steps: rpc = Ask',
    ]);
  });

  test('an event needs a dead-letter topic for each of its consumers', () => {
    const topology = { ...exampleTopology, topics: { 'a.v1': { partitions: 3, retentionDays: 7, segmentHours: 24 } } };
    const problems = checkDecisions(exampleModel({ topology }));
    expect(problems).toMatchObject([{ subject: 'a->a.v1->c', rule: 'has-dead-letters', value: 'consumer = c' }]);
  });

  test.each(Object.entries(tactics))('%s says what it is good for and what it costs', (_, { goodFor, costs }) => {
    expect(goodFor).not.toBe('');
    expect(costs).not.toBe('');
  });
});

describe('the fields of a decision', () => {
  test.each(['owner', 'impact', 'onFailure'] as const)('%s must not be blank', (field) => {
    expect(rejectionsOf({ 'a->b': { [field]: ' ' } })).toEqual([`a->b decision-stated: ${field} =  `]);
  });

  test.each([0, 100, -1, Number.NaN])('%s is not an availability', (availabilityPercent) => {
    expect(rejectionsOf({ 'a->b': { availabilityPercent } })).toEqual([
      `a->b decision-stated: availabilityPercent = ${availabilityPercent}`,
    ]);
  });

  test.each([0, -5, 1.5, Number.NaN])('%s is not a budget in milliseconds', (latencyBudgetMs) => {
    expect(rejectionsOf({ 'a->b': { latencyBudgetMs } })).toEqual([
      `a->b decision-stated: latencyBudgetMs = ${latencyBudgetMs}`,
    ]);
  });
});
