/**
 * Runs docs/tour.md and the README's first order, and compares their output. All `sh` blocks of a document run in one
 * bash, which ends at the first command that fails. A block of another language after an `sh` block is its output. Each
 * line of it must be printed, in that order; other lines may be printed too. Ids, times, durations, ports and spaces
 * are masked on both sides, and `…` matches anything.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { findRoute, type RouteRef, replaceRoute } from '../harness/route-edits.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { findMismatches, readSteps, type Step, scriptOf } from './run-document.ts';

const { cluster } = useCluster();
const sources = ['cdk8s/policies.ts', 'cdk8s/topology.ts'].map((file) => join(root, file));
const readSources = () => Promise.all(sources.map((file) => readFile(file, 'utf8')));

// The tour reverts its own edits. This reverts them if the tour fails before.
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

/** Runs the steps as in a person's shell, which has no variables of a surrounding make. */
async function run(steps: readonly Step[]): Promise<readonly string[]> {
  const env = { MAKELEVEL: undefined, MAKEFLAGS: undefined, MFLAGS: undefined };
  const options = { cwd: root, env, reject: false, stdin: 'ignore', timeout: 280_000 } as const;
  const { stdout, exitCode } = await execa('bash', ['-c', scriptOf(steps)], options);
  return findMismatches(steps, stdout, exitCode);
}

it('the tour runs, prints the documented output and leaves nothing behind', async () => {
  const steps = readSteps('docs/tour.md', await readFile(join(root, 'docs/tour.md'), 'utf8'), /./);
  expect(await run(steps)).toEqual([]);
  expect(await readSources()).toEqual(before);
  expect((await findRoute(cluster, 'inventory', 'orders.Check')).route).toEqual(route.route);
}, 300_000);

it('the order of the README is placed and fulfilled as documented', async () => {
  const steps = readSteps('README.md', await readFile(join(root, 'README.md'), 'utf8'), /Place an order/);
  expect(await run(steps)).toEqual([]);
});
