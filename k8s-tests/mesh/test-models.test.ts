import { expect, it } from 'vitest';
import { analyze } from '../../cdk8s/analysis/analyze.ts';
import { limits } from '../../cdk8s/policies.ts';
import { saga } from '../../cdk8s/saga.ts';
import { longChain, slowChain, stormChain } from './chain/chains.ts';
import { exampleEnvironment, examplePolicies, exampleTopology } from './new-dependency/example.ts';

it('the models of the cluster tests have no problem, as those tests find out only after minutes', () => {
  const example = { topology: exampleTopology, policies: examplePolicies, limits, saga };
  expect(analyze(example, [exampleEnvironment.replicas])).toEqual([]);
  for (const { model } of [stormChain, longChain, slowChain]) expect(analyze(model, [{ each: 1 }])).toEqual([]);
});
