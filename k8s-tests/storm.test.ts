import { expect, it } from 'vitest';
import { useCluster } from './harness/use-cluster.ts';
import { formatResult } from './storm/report.ts';
import { runStorm } from './storm/run-storm.ts';
import { complaintsOf, defaultFaults } from './storm/storm.ts';

const { cluster } = useCluster();

const durationMs = 120_000;
/** Another storm every day, and the same one all day: what fails can be looked at. */
const seed = Number(process.env.SEED ?? new Date().toISOString().slice(0, 10).replaceAll('-', ''));

it('whatever dies for two minutes, no order, event, piece of stock or cent is lost, and all comes to rest within a minute', async ({
  signal,
}) => {
  const options = { seed, durationMs, ratePerSecond: 4, faults: defaultFaults(durationMs) };
  const onFault = (fault: object) => console.log(JSON.stringify(fault));
  const result = await runStorm(cluster, options, { signal, onFault, onProgress: console.log });
  console.log(formatResult(result));
  expect(complaintsOf(result)).toEqual([]);
}, 420_000);
