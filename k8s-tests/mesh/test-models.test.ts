import { expect, it } from 'vitest';
import { analyze } from '../../cdk8s/analysis/analyze.ts';
import { limits } from '../../cdk8s/policies.ts';
import { saga } from '../../cdk8s/saga.ts';
import { exampleEnvironment, examplePolicies, exampleTopology } from './new-dependency/example.ts';
import { chain } from './retry-storm/chain.ts';

it('the models of the cluster tests have no problem, as those tests find out only after minutes', () => {
  const example = { topology: exampleTopology, policies: examplePolicies, limits, saga };
  expect(analyze(example, [exampleEnvironment.replicas])).toEqual([]);
  expect(analyze(chain, [{ each: 1 }])).toEqual([]);
});
