import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { edgeLimits } from '../../cdk8s/mesh/edge/limits.ts';
import { hasStatus } from '../harness/check.ts';
import { type Cluster, openCluster } from '../harness/cluster.ts';
import { Load } from '../harness/load.ts';
import { SlowClients } from '../harness/slow-clients.ts';
import { analyst } from '../harness/tokens.ts';
import { addRow } from './benchmark-log.ts';
import { summarize } from './percentiles.ts';

const slowClients = 500;
const ratePerSecond = 40;
const blocks = 8;
const blockSeconds = edgeLimits.requestTimeoutMs / 1_000 - 1;
const boundRatio = 1.2;
const docsPath = 'docs/benchmarks.md';

/**
 * Measures what clients notice of 500 others that send their orders one byte at a time, in blocks with and without them
 * by turns, and returns whether their p99 is within the bound and none of them failed.
 */
export async function benchSlowClients({ writeDocs }: { readonly writeDocs: boolean }): Promise<boolean> {
  const cluster = openCluster();
  try {
    const times: { alone: number[]; beside: number[] } = { alone: [], beside: [] };
    let failed = 0;
    for (let block = 0; block < blocks; block++) {
      const beside = block % 2 === 1;
      const slow = beside ? new SlowClients(cluster.ingressUrl, slowClients) : undefined;
      const { durations, failures } = await readStats(cluster);
      slow?.stop();
      times[beside ? 'beside' : 'alone'].push(...durations);
      failed += failures;
    }
    const [alone, beside] = [summarize(times.alone), summarize(times.beside)];
    const ratio = Math.round((100 * beside.p99) / alone.p99) / 100;
    const row = {
      date: new Date().toISOString().slice(0, 10),
      cores: cpus().length,
      'slow clients': slowClients,
      'requests/s of others': ratePerSecond,
      'p50, ms': alone.p50,
      'p99, ms': alone.p99,
      'beside slow clients, p50, ms': beside.p50,
      'p99 beside, ms': beside.p99,
      [`ratio of p99 (at most ${boundRatio})`]: ratio,
      'failed (none)': failed,
    };
    console.table([row]);
    if (writeDocs) await writeFile(docsPath, addRow(await readFile(docsPath, 'utf8'), 'Slow clients', row));
    return ratio <= boundRatio && failed === 0;
  } finally {
    cluster.close();
  }
}

async function readStats(cluster: Cluster): Promise<{ durations: readonly number[]; failures: number }> {
  const load = new Load({
    ratePerSecond,
    call: () => ({ url: `${cluster.ingressUrl}/v1/stats?minutes=1`, as: analyst }),
    check: hasStatus(200),
  });
  await sleep(blockSeconds * 1_000);
  const { answers, failures } = await load.stop();
  return { durations: answers.map(({ durationMs }) => durationMs), failures: failures.length };
}
