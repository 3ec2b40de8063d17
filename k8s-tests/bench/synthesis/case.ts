import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../../cluster/paths.ts';
import { chartOf } from './helm-chart.ts';
import { findDifferences, parseManifests, readManifests } from './manifests.ts';
import { syntheticModel } from './synthetic-model.ts';

/** A synthetic model of one size on disk, and a Helm chart that renders the same objects. */
export interface Case {
  readonly services: number;
  readonly objects: number;
  readonly folder: string;
}

/** Wall-clock times of one run of both, in ms. */
export interface Sample {
  /** The process that reads the model and writes the manifests. */
  readonly ours: number;
  /** The part of it from the model in memory to the files on disk. */
  readonly inProcess: number;
  /** The process `helm template` with its output in a file. */
  readonly helm: number;
}

const program = join(import.meta.dirname, 'synthesize-model.ts');

/** The compile cache of `npm run synth`, which keeps compiled sources between runs. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node') };

/** @throws Error if the chart does not render exactly the synthesized objects */
export function prepareCase(services: number, folder: string, helm: string): Case {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.json'), JSON.stringify(syntheticModel(services)));
  runOurs(folder);
  const ours = readManifests(join(folder, 'ours/prod'));
  for (const [path, text] of Object.entries(chartOf(ours))) {
    const file = join(folder, 'chart', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  runHelm(folder, helm);
  const different = findDifferences(ours, parseManifests(readFileSync(join(folder, 'helm.yaml'), 'utf8')));
  if (different.length > 0) throw new Error(`the chart is not equal: ${different.slice(0, 5).join(', ')}`);
  return { services, objects: ours.length, folder };
}

/** Runs both, one after the other, so that other load on the machine affects both. */
export function sampleCase({ folder }: Case, helm: string): Sample {
  return { ...runOurs(folder), helm: runHelm(folder, helm) };
}

function runOurs(folder: string): Pick<Sample, 'ours' | 'inProcess'> {
  const args = [program, join(folder, 'model.json'), join(folder, 'ours')];
  const { elapsedMs, stdout } = runTimed(process.execPath, args, 'pipe');
  return { ours: elapsedMs, inProcess: Number(stdout.trimEnd().split('\n').at(-1)) };
}

function runHelm(folder: string, helm: string): number {
  const out = openSync(join(folder, 'helm.yaml'), 'w');
  try {
    return runTimed(helm, ['template', 'equal', join(folder, 'chart')], out).elapsedMs;
  } finally {
    closeSync(out);
  }
}

function runTimed(file: string, args: readonly string[], stdout: 'pipe' | number) {
  const startedAt = performance.now();
  const result = spawnSync(file, args, { env, stdio: ['ignore', stdout, 'pipe'], encoding: 'utf8' });
  const elapsedMs = performance.now() - startedAt;
  if (result.status !== 0) throw new Error(`${file} ${args[0]} failed: ${result.error ?? result.stderr}`);
  return { elapsedMs, stdout: result.stdout };
}
