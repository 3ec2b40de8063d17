import { expect, test } from 'vitest';
import { dependencyPolicy, examplePolicies, exampleTopology, retried } from '../testing/example.ts';
import { dependencyForEachPolicy, policyForEachDependency } from './coverage.ts';

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

test('what every object has is no policy', () => {
  const [first] = exampleTopology.interactions;
  const interaction = { ...first, rpcs: { toString: first.rpcs.Enter } };
  const problems = policyForEachDependency(
    { ...exampleTopology, interactions: [interaction] },
    { 'gateway->a': dependencyPolicy({}) },
  );
  expect(problems.map(({ subject }) => subject)).toEqual(['gateway->a.toString']);
});
