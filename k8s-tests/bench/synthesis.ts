import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyze } from '../../cdk8s/analysis/analyze.ts';
import { environments } from '../../cdk8s/environments.ts';
import { run } from '../../cluster/run.ts';
import { tool } from '../../cluster/toolchain/tools.ts';
import { prepareCase, type Sample, sampleCase } from './synthesis/case.ts';
import { BOUND_SERVICES, type Figure, figuresOf, isMet, median, type SizeFigures, toRow } from './synthesis/figures.ts';
import { keepFigures } from './synthesis/keep-figures.ts';
import { syntheticModel } from './synthesis/synthetic-model.ts';

const sizes = [10, 50, 100, 250, BOUND_SERVICES, 1_000];
const rounds = 7;

/**
 * Prints the synthesis times of synthetic topologies of several sizes, and the times of Helm charts that render the
 * same objects. Returns whether the times are within their bounds. Needs no cluster.
 */
export async function benchSynthesis({ writeDocs }: { readonly writeDocs: boolean }): Promise<boolean> {
  const helm = join(await tool('helm'), 'helm');
  const folder = mkdtempSync(join(tmpdir(), 'windlass-bench-'));
  try {
    const rows = measureScaling(folder, helm);
    const figures = [
      ...figuresOf(rows),
      { figure: 'make synth, the real topology, ms', value: await measureRealSynth(folder), bound: 2_000 },
      { figure: `all rules on ${BOUND_SERVICES} services, ms`, value: measureRules(), bound: 1_000 },
    ];
    print(rows, figures);
    if (writeDocs) await keepFigures(rows, figures);
    return figures.every(isMet);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measureScaling(folder: string, helm: string): SizeFigures[] {
  const sampled = sizes.map((services) => ({
    size: prepareCase(services, join(folder, String(services)), helm),
    samples: [] as Sample[],
  }));
  for (let round = 0; round < rounds; round++) {
    for (const { size, samples } of sampled) samples.push(sampleCase(size, helm));
  }
  return sampled.map(({ size: { services, objects }, samples }) => toRow({ services, objects }, samples));
}

async function measureRealSynth(folder: string): Promise<number> {
  const samplesMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await run('npm', ['run', '--silent', 'synth', '--', '--out', join(folder, 'real')]);
    samplesMs.push(performance.now() - startedAt);
  }
  return median(samplesMs);
}

/** The time of the first run in this process, which is the slowest. */
function measureRules(): number {
  const model = syntheticModel(BOUND_SERVICES);
  const replicas = Object.values(environments).map((environment) => environment.replicas);
  const startedAt = performance.now();
  analyze(model, replicas);
  return median([performance.now() - startedAt]);
}

function print(rows: readonly SizeFigures[], figures: readonly Figure[]): void {
  console.log(`synthesis of synthetic topologies, ms, medians of ${rounds} runs side by side
  ours       a node process from start to end: loads cdk8s, reads the model, analyzes it, writes the manifests of one environment
  inProcess  of that, from the model in memory to the files on disk; nothing is warmed up
  helm       helm template into a file, from start to end of its process; its chart renders the same objects, checked`);
  console.table(rows);
  console.table(figures.map((figure) => ({ ...figure, verdict: isMet(figure) ? 'met' : 'missed' })));
}
