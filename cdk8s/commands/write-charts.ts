import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, type App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { dump } from 'js-yaml';

/**
 * Writes `<folder>/<chart's id>.yaml` for each of the app's charts, its objects in the order they were made. What is in
 * the folder is replaced.
 *
 * `App.synth` would write the same, but it reads the whole tree twice per chart to put objects in the order of their
 * dependencies, of which our charts have none. Its YAML library takes half of a large topology's time, js-yaml a fifth.
 *
 * @throws Error with all that cdk8s-plus finds missing in its constructs, before anything is written
 */
export function writeCharts(app: App, folder: string): void {
  const charts = app.node.children.filter((child) => child instanceof Chart);
  const files = charts.map((chart) => [`${chart.node.id}.yaml`, render(chart)] as const);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, yaml] of files) writeFileSync(join(folder, name), yaml);
}

function render(chart: Chart): string {
  const constructs = chart.node.findAll() as Construct[];
  const problems = constructs.flatMap(({ node }) => [
    ...node.validate(),
    ...node.dependencies.map((other) => `depends on ${other.node.path}; charts are written in the order they are made`),
  ]);
  if (problems.length > 0) throw new Error(`${chart.node.path}: ${problems.join('; ')}`);
  return constructs
    .filter((construct) => construct instanceof ApiObject)
    .map((object) => dump(object.toJson(), { noRefs: true, lineWidth: -1 }))
    .join('---\n');
}
