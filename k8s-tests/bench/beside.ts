import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasStatus } from '../harness/check.ts';
import { type Cluster, openCluster } from '../harness/cluster.ts';
import { Load } from '../harness/load.ts';
import { analyst, oneLike } from '../harness/tokens.ts';
import { addRow } from './benchmark-log.ts';
import { summarize } from './percentiles.ts';

const ratePerSecond = 40;
const blocks = 8;
const boundRatio = 1.2;
const docsPath = 'docs/benchmarks.md';

/** Something that others should not notice. */
export interface Disturbance {
  /** Of the row in docs/benchmarks.md. */
  readonly heading: string;
  readonly columns: Readonly<Record<string, number>>;
  readonly blockSeconds: number;
  /** @returns what ends it */
  readonly start: (cluster: Cluster) => () => unknown;
}

/**
 * Measures what clients notice of a disturbance, in blocks with and without it by turns, and returns whether their p99 is
 * within the bound and none of them failed.
 */
export async function benchBeside(
  { heading, columns, blockSeconds, start }: Disturbance,
  { writeDocs }: { readonly writeDocs: boolean },
): Promise<boolean> {
  const cluster = openCluster();
  try {
    const times: { alone: number[]; beside: number[] } = { alone: [], beside: [] };
    let failed = 0;
    // The first requests after a start take longer.
    await readStats(cluster, blockSeconds);
    for (let block = 0; block < blocks; block++) {
      const isBeside = block % 2 === 1;
      const stop = isBeside ? start(cluster) : undefined;
      const { durations, failures } = await readStats(cluster, blockSeconds);
      await stop?.();
      times[isBeside ? 'beside' : 'alone'].push(...durations);
      failed += failures.length;
      for (const failure of failures.slice(0, 3)) console.log(failure);
    }
    const [alone, beside] = [summarize(times.alone), summarize(times.beside)];
    const ratio = Math.round((100 * beside.p99) / alone.p99) / 100;
    const row = {
      date: new Date().toISOString().slice(0, 10),
      cores: cpus().length,
      ...columns,
      'requests/s of others': ratePerSecond,
      'p50, ms': alone.p50,
      'p99, ms': alone.p99,
      'p50 beside, ms': beside.p50,
      'p99 beside, ms': beside.p99,
      [`ratio of p99 (at most ${boundRatio})`]: ratio,
      'failed (none)': failed,
    };
    console.table([row]);
    if (writeDocs) await writeFile(docsPath, addRow(await readFile(docsPath, 'utf8'), heading, row));
    return ratio <= boundRatio && failed === 0;
  } finally {
    cluster.close();
  }
}

async function readStats(
  cluster: Cluster,
  seconds: number,
): Promise<{ durations: readonly number[]; failures: readonly string[] }> {
  const load = new Load({
    ratePerSecond,
    call: () => ({ url: `${cluster.ingressUrl}/v1/stats?minutes=1`, as: oneLike(analyst) }),
    check: hasStatus(200),
  });
  await sleep(seconds * 1_000);
  const { answers, failures } = await load.stop();
  return { durations: answers.map(({ durationMs }) => durationMs), failures };
}
