import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../paths.ts';
import { buildContext } from './build-context.ts';
import { code } from './parts.ts';

let context: readonly string[] = [];
beforeAll(async () => {
  context = await buildContext();
});

const isTestFile = (file: string): boolean => file.includes('/testing/') || /(\.test|-testing)\.ts$/.test(file);

test('the image contains the services and their dependencies, and nothing else of the checkout', () => {
  const outside = context.filter((file) => !file.startsWith('services/'));
  expect(outside).toEqual(['package-lock.json', 'package.json']);
});

test('the image contains all of services/ except tests, their helpers, READMEs and the Dockerfile', () => {
  const all = readdirSync(join(root, 'services'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  const left = all.filter((file) => !context.includes(file));
  const expected = all.filter((file) => isTestFile(file) || /(^|\/)(README\.md|Dockerfile)$/.test(file));
  expect(left.sort()).toEqual(expected.sort());
  expect(left).toContain('services/orders/openapi/openapi-testing.ts');
  expect(left).toContain('services/lib/testing/databases.ts');
  expect(left).toContain('services/Dockerfile');
});

test('the image contains everything that its files import', () => {
  const imports = context
    .filter((file) => file.startsWith('services/') && /\.[jt]s$/.test(file))
    .flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8');
      const paths = source.matchAll(/(?:from|^import|import\() ?'(\.[^']+)'/gm);
      return [...paths].map(([, path = '']) => `${file} -> ${join(dirname(file), path)}`);
    });
  expect(imports.length).toBeGreaterThan(200);
  expect(imports.filter((line) => !context.includes(line.split(' -> ')[1] ?? ''))).toEqual([]);
});

test('Docker reads the same ignore rules with and without BuildKit: none are beside the Dockerfile', () => {
  expect(existsSync(join(root, '.dockerignore'))).toBe(true);
  expect(existsSync(join(root, 'services/Dockerfile.dockerignore'))).toBe(false);
});

test("native's image contains the same code", async () => {
  const files = (await code('services')).map(({ path }) => path);
  const expected = context.filter((file) => file.startsWith('services/')).map((file) => join('/app', file));
  expect(files.sort()).toEqual(expected.sort());
});
