import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { Deployment } from 'cdk8s-plus-27';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeCharts } from './write-charts.ts';

let folder: string;
let app: App;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'windlass-charts-')), 'out');
  app = new App();
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

function chartOf(id: string, ...names: string[]): Chart {
  const chart = new Chart(app, id);
  for (const name of names) new ApiObject(chart, name, { apiVersion: 'v1', kind: 'Thing', metadata: { name } });
  return chart;
}

test('each chart becomes a file of its objects in the order they were made', () => {
  chartOf('one', 'b', 'a');
  chartOf('two');
  writeCharts(app, folder);
  expect(readdirSync(folder)).toEqual(['one.yaml', 'two.yaml']);
  const thing = (name: string) => `apiVersion: v1\nkind: Thing\nmetadata:\n  name: ${name}\n`;
  expect(readFileSync(join(folder, 'one.yaml'), 'utf8')).toBe([thing('b'), thing('a')].join('---\n'));
});

test('an object that cdk8s-plus finds incomplete is rejected before any file is written', () => {
  chartOf('zero', 'x');
  new Deployment(chartOf('one'), 'empty');
  expect(() => writeCharts(app, folder)).toThrow('at least 1 container');
  expect(existsSync(folder)).toBe(false);
});

test('a dependency is rejected, because the order would ignore it', () => {
  const chart = chartOf('one', 'a', 'b');
  chart.node.findChild('a').node.addDependency(chart.node.findChild('b'));
  expect(() => writeCharts(app, folder)).toThrow('depends on one/b');
});
