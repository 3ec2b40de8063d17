import { afterAll, beforeAll } from 'vitest';
import { openCluster } from '../harness/cluster.ts';
import { describeBreakers } from './proofs/breakers.ts';
import { dependenciesOf, deployed, type Select, scaleCallees } from './proofs/source.ts';

/**
 * The short version of breakers.cluster.test.ts: a breaker that the requests of all customers pass. payments has two pods,
 * of which only the failing one may be ejected.
 */
const source = { ...deployed, replicas: { each: 1, of: { payments: 2 } } };
const select: Select = ({ caller, callee }) => caller === 'orders' && callee === 'payments';
const scalingMs = 180_000;

const cluster = openCluster();
const dependencies = dependenciesOf(deployed, select);
beforeAll(() => scaleCallees(cluster, source, dependencies), scalingMs);
afterAll(async () => {
  await scaleCallees(cluster, deployed, dependencies);
  cluster.close();
}, scalingMs);

describeBreakers(source, select);
