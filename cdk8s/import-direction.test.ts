import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Folder -> folders of cdk8s/ whose values it may import; `.` is cdk8s/ itself. Types are free: they run nothing. */
const ALLOWED: Record<string, readonly string[]> = {
  '.': ['.', 'mesh', 'analysis', 'charts', 'documents'],
  charts: ['charts', 'mesh', 'imports'],
  mesh: ['mesh', 'analysis'],
  analysis: ['analysis', 'mesh', 'decisions'],
  decisions: ['decisions', 'mesh'],
  documents: ['documents', 'decisions', 'analysis', 'mesh'],
  imports: [],
};
const DATA = ['topology.ts', 'policies.ts', 'saga.ts', 'environments.ts'];

const root = import.meta.dirname;
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('testing/'),
);

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)'/gm)].map(([, path = '']) =>
    relative(root, resolve(root, dirname(file), path)),
  );
}

test.each(files)('%s imports one way: data and model, analysis, mesh, charts and documents, main', (file) => {
  const wrong = importsOf(file).filter(
    (path) => path.startsWith('..') || !ALLOWED[dirname(file)]?.includes(dirname(path)),
  );
  expect(wrong).toEqual([]);
});

test('only the main files bring the data and the code together', () => {
  const readers = files.filter((file) => importsOf(file).some((path) => DATA.includes(path)));
  expect(readers).toEqual(['decisions-main.ts', 'main.ts']);
});

test('services import nothing of cdk8s', () => {
  const services = join(root, '../services');
  const guilty = readdirSync(services, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /from '[^']*\/cdk8s\//.test(readFileSync(join(services, file), 'utf8')));
  expect(guilty).toEqual([]);
});
