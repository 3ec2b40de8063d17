/** The matrix of services: one cell more open than the topology says is red, and so is one more closed. */
import { expect, it } from 'vitest';
import { topology } from '../../cdk8s/topology.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { useProber } from './prober.ts';
import { serviceMatrix } from './service-matrix.ts';

const { cluster } = useCluster();
const prober = useProber(cluster, topology);

it('every workload takes exactly the calls that the topology states, from exactly their callers', async () => {
  const cells = serviceMatrix(topology);
  console.log(`${cells.length} probes, ${cells.filter(({ expected }) => expected === 'open').length} of them open`);
  expect(await prober().findWrong(cells)).toEqual([]);
});
