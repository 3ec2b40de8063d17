import { describe, expect, test } from 'vitest';
import type { AsyncInteraction, SyncInteraction } from '../model/topology.ts';
import { dependencyPolicy, examplePolicies, exampleTopology, retried } from '../testing/example.ts';
import { dependencyForEachPolicy, namesExist, policyForEachDependency } from './references.ts';

describe('names-exist', () => {
  const [enter, , , , tell] = exampleTopology.interactions;
  const sync = (change: Partial<SyncInteraction>): SyncInteraction => ({ ...enter, rpcs: {}, ...change });
  const async = (change: Partial<AsyncInteraction>): AsyncInteraction => ({ ...tell, ...change });

  function problemsOf(...added: (SyncInteraction | AsyncInteraction)[]): string[] {
    const topology = { ...exampleTopology, interactions: [...exampleTopology.interactions, ...added] };
    return namesExist(topology, [{ each: 1 }]).map(({ subject, value }) => `${subject} ${value}`);
  }

  test('the example names only what it has', () => {
    expect(problemsOf()).toEqual([]);
  });

  test('an unknown name is rejected with its role', () => {
    const [problem] = namesExist({ ...exampleTopology, interactions: [sync({ caller: 'x' })] }, []);
    expect(problem).toEqual({
      subject: 'x->a',
      value: 'caller in the mesh = x',
      rule: 'names-exist',
      message: 'topology.ts has no such caller in the mesh.',
    });
  });

  test('a callee is known and serves something', () => {
    expect(problemsOf(sync({ callee: 'x' }))).toEqual(['gateway->x callee that serves something = x']);
    expect(problemsOf(sync({ callee: 'c' }))).toEqual(['gateway->c callee that serves something = c']);
  });

  test('a partner calls no service: it has no proxy that would carry out a policy', () => {
    expect(problemsOf(sync({ caller: 'bank' }))).toEqual(['bank->a caller in the mesh = bank']);
  });

  test('producer, topic and consumers are known; the gateway and a partner are none of them', () => {
    expect(problemsOf(async({ producer: 'gateway', topic: 'z.v1', consumers: ['c', 'w', 'bank'] }))).toEqual([
      'gateway->z.v1->c+w+bank producer = gateway',
      'gateway->z.v1->c+w+bank topic = z.v1',
      'gateway->z.v1->c+w+bank consumer = w',
      'gateway->z.v1->c+w+bank consumer = bank',
    ]);
  });

  test("a further call is one of the callee's own calls, with a known RPC", () => {
    const { Enter } = enter.rpcs;
    const calling = (...calls: string[]) => problemsOf(sync({ caller: 'c', rpcs: { Enter: { ...Enter, calls } } }));
    expect(calling('b.Ask', 'bank.Pay')).toEqual([]);
    expect(calling('b.Tell', 'c.Ask', 'b')).toEqual([
      'c->a.Enter call = a->b.Tell',
      'c->a.Enter call = a->c.Ask',
      'c->a.Enter call = a->b',
    ]);
  });

  test('only a service can override its replicas', () => {
    expect(namesExist(exampleTopology, [{ each: 1, of: { a: 2, bank: 2, z: 2 } }])).toMatchObject([
      { subject: 'replicas', value: 'service = z' },
    ]);
  });
});

describe('coverage', () => {
  const named = { toString: retried };

  test('each dependency and RPC has a policy, each policy a dependency and RPC', () => {
    expect(policyForEachDependency(exampleTopology, examplePolicies)).toEqual([]);
    expect(dependencyForEachPolicy(exampleTopology, examplePolicies)).toEqual([]);
  });

  test('a dependency and an RPC without a policy are named', () => {
    const { 'a->bank': _, ...others } = examplePolicies;
    expect(policyForEachDependency(exampleTopology, { ...others, 'a->b': dependencyPolicy({}) })).toEqual([
      {
        subject: 'a->b.Ask',
        value: 'policy = none',
        rule: 'policy-for-each-dependency',
        message: 'nothing says what happens when this call fails.',
      },
      expect.objectContaining({ subject: 'a->bank', value: 'policy = none' }),
    ]);
  });

  test('a policy without a dependency or an RPC is named', () => {
    const policies = {
      ...examplePolicies,
      'a->z': dependencyPolicy({}),
      'a->b': dependencyPolicy({ Ask: retried, ...named }),
    };
    expect(dependencyForEachPolicy(exampleTopology, policies)).toEqual([
      {
        subject: 'a->b.toString',
        value: 'policy = unused',
        rule: 'dependency-for-each-policy',
        message: 'topology.ts has no such call.',
      },
      expect.objectContaining({ subject: 'a->z', value: 'policy = unused' }),
    ]);
  });

  test('a property that every object has is not a policy', () => {
    const [first] = exampleTopology.interactions;
    const interaction = { ...first, rpcs: { toString: first.rpcs.Enter } };
    const problems = policyForEachDependency(
      { ...exampleTopology, interactions: [interaction] },
      { 'gateway->a': dependencyPolicy({}) },
    );
    expect(problems.map(({ subject }) => subject)).toEqual(['gateway->a.toString']);
  });
});
