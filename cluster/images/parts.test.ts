import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../paths.ts';
import { dependencyClosure, standinDependencies } from './parts.ts';

test('an image gets the packages that its dependencies need, and none that only development needs', async () => {
  const folders = await dependencyClosure(['express', 'pg', '@kubernetes/client-node']);
  expect(folders).toEqual(folders.toSorted());
  expect(folders).toContain('node_modules/express');
  expect(folders).toContain('node_modules/pg-protocol');
  expect(folders).toContain('node_modules/@kubernetes/client-node');
  expect(folders).not.toContain('node_modules/vitest');
});

test("the image of Strimzi's stand-in has every package that the stand-in imports", async () => {
  const code = globSync('cluster/native/strimzi-standin/**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'));
  const imported = code.flatMap((text) => [...text.matchAll(/ from '([^.'][^']*)'/g)].map(([, name = '']) => name));
  const packages = new Set(imported.filter((name) => !name.startsWith('node:')));
  expect([...packages].sort()).toEqual((await standinDependencies()).toSorted());
});
