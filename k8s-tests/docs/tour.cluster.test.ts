/**
 * Runs the README's tour and compares what it prints. In the section whose heading says "tour" each `sh` block is run, all
 * in one bash, which ends at the first command that fails; a block of another language after it is its output. Each line of
 * that must be printed, in that order; more may be. Masked on both sides: ids, times, durations, ports, spaces; `…` is anything.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { findRoute, type RouteRef, replaceRoute } from '../harness/virtual-service.ts';
import { findFaults, readSteps, scriptOf } from './run-document.ts';

const { cluster } = useCluster();
const sources = ['cdk8s/policies.ts', 'cdk8s/topology.ts'].map((file) => join(root, file));
const readSources = () => Promise.all(sources.map((file) => readFile(file, 'utf8')));

// The tour undoes what it changes; this is for a tour that fails half-way.
let before: string[];
let route: RouteRef;
beforeAll(async () => {
  before = await readSources();
  route = await findRoute(cluster, 'inventory', 'orders.Check');
});
afterAll(async () => {
  const after = await readSources();
  for (const [index, file] of sources.entries()) {
    const text = before[index] ?? '';
    if (after[index] !== text) await writeFile(file, text);
  }
  await replaceRoute(cluster, route);
});

it('the tour of the README runs, prints what it says and leaves nothing behind', async () => {
  const steps = readSteps('README.md', await readFile(join(root, 'README.md'), 'utf8'), /\btour\b/);
  // A person's shell is not below a make that speaks of itself.
  const env = { MAKELEVEL: undefined, MAKEFLAGS: undefined, MFLAGS: undefined };
  const options = { cwd: root, env, reject: false, stdin: 'ignore', timeout: 280_000 } as const;
  const { stdout, exitCode } = await execa('bash', ['-c', scriptOf(steps)], options);

  expect(findFaults(steps, stdout, exitCode)).toEqual([]);
  expect(await readSources()).toEqual(before);
  expect((await findRoute(cluster, 'inventory', 'orders.Check')).route).toEqual(route.route);
}, 300_000);
