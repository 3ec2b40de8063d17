/** Runs docs/tour.md and compares its output with what it shows. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { findRoute, type RouteRef, replaceRoute } from '../harness/route-edits.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { runSection } from './run-section.ts';

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

it('the tour runs, prints the documented output and leaves nothing behind', async () => {
  expect(await runSection('docs/tour.md', /./)).toEqual([]);
  expect(await readSources()).toEqual(before);
  expect((await findRoute(cluster, 'inventory', 'orders.Check')).route).toEqual(route.route);
}, 300_000);
