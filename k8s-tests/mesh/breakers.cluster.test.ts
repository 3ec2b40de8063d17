import { afterAll, beforeAll, describe } from 'vitest';
import { openCluster } from '../harness/cluster.ts';
import { describeBreakers } from './proofs/breakers.ts';
import { dependenciesOf, deployed, type Select, scaleCallees } from './proofs/source.ts';

const scalingMs = 180_000;

describe('with one pod of each service', () => describeBreakers(deployed));

describe('with two pods of each callee', () => {
  const cluster = openCluster();
  const ours: Select = ({ service, policy }) => !service.external && policy.breaker.kind !== 'none';
  const doubled = { ...deployed, replicas: { each: 2 } };
  const dependencies = dependenciesOf(deployed, ours);
  beforeAll(() => scaleCallees(cluster, doubled, dependencies), scalingMs);
  afterAll(async () => {
    await scaleCallees(cluster, deployed, dependencies);
    cluster.close();
  }, scalingMs);

  describeBreakers(doubled, ours);
});
