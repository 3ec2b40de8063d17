import { expect, test } from 'vitest';
import { edgePolicy, examplePolicies, exampleTopology, retried } from '../testing/example.ts';
import { edgeForEachPolicy, policyForEachEdge } from './coverage.ts';

const named = { toString: retried };

test('each edge and RPC has a policy, each policy an edge and RPC', () => {
  expect(policyForEachEdge(exampleTopology, examplePolicies)).toEqual([]);
  expect(edgeForEachPolicy(exampleTopology, examplePolicies)).toEqual([]);
});

test('an edge and an RPC without a policy are named', () => {
  const { 'a->bank': _, ...others } = examplePolicies;
  expect(policyForEachEdge(exampleTopology, { ...others, 'a->b': edgePolicy({}) })).toEqual([
    {
      edge: 'a->b.Ask',
      value: 'policy = none',
      rule: 'policy-for-each-edge',
      message: 'nothing says what happens when this call fails.',
    },
    expect.objectContaining({ edge: 'a->bank', value: 'policy = none' }),
  ]);
});

test('a policy without an edge or an RPC is named', () => {
  const policies = {
    ...examplePolicies,
    'a->z': edgePolicy({}),
    'a->b': edgePolicy({ Ask: retried, ...named }),
  };
  expect(edgeForEachPolicy(exampleTopology, policies)).toEqual([
    {
      edge: 'a->b.toString',
      value: 'policy = unused',
      rule: 'edge-for-each-policy',
      message: 'topology.ts has no such call.',
    },
    expect.objectContaining({ edge: 'a->z', value: 'policy = unused' }),
  ]);
});

test('what every object has is no policy', () => {
  const [first] = exampleTopology.interactions;
  const interaction = { ...first, rpcs: { toString: first.rpcs.Enter } };
  const problems = policyForEachEdge(
    { ...exampleTopology, interactions: [interaction] },
    { 'gateway->a': edgePolicy({}) },
  );
  expect(problems.map(({ edge }) => edge)).toEqual(['gateway->a.toString']);
});
