import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { run } from '../../cluster/run.ts';
import { isContract, neededBy } from '../../services/lib/postgres/newer-schema.ts';

/** The commit of the last release. Each release changes it to its own. */
const LAST_RELEASE = '4d66814f0e4855de6f7fd76fd80cbdf43a2d5bd4';

/** Those of the last release's tests that use its databases most, without a broker or a cluster. */
const SUITES = [
  ...['orders/api', 'orders/saga/abandoned', 'inventory', 'fulfillment', 'notifications', 'analytics'].map(
    (path) => `services/${path}`,
  ),
  ...['services-together', 'payments'].map((name) => `k8s-tests/orders/${name}.test.ts`),
];

const isThere = (() => {
  try {
    execFileSync('git', ['cat-file', '-e', `${LAST_RELEASE}^{commit}`], { cwd: root, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!isThere)('the last release', () => {
  let folder: string;
  const migrationsOf = (checkout: string) => globSync('services/*/migrations/*.sql', { cwd: checkout }).sort();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'windlass-last-release-'));
    const archive = join(folder, 'archive.tar');
    execFileSync('git', ['archive', '--output', archive, LAST_RELEASE], { cwd: root });
    execFileSync('tar', ['-x', '-f', archive, '-C', folder]);
    // Its packages are of this release: what is compared is code and schema.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has no migration that this one has changed or lost, so its databases become those of this release', () => {
    const before = migrationsOf(folder);
    expect(before.length).toBeGreaterThan(20);
    expect(migrationsOf(root)).toEqual(expect.arrayContaining(before));
    const textsOf = (checkout: string) => before.map((file) => readFileSync(join(checkout, file), 'utf8'));
    expect(textsOf(root)).toEqual(textsOf(folder));
  });

  test('knows what each contract of this one needs', () => {
    const before = migrationsOf(folder);
    const contracts = migrationsOf(root).filter((file) => !before.includes(file) && isContract(nameOf(file)));
    for (const file of contracts) {
      const known = before
        .filter((path) => dirname(path) === dirname(file))
        .map((path) => Number(basename(path, '.sql').slice(0, 4)));
      expect(neededBy(nameOf(file)), file).toBeLessThanOrEqual(Math.max(...known));
    }
  });

  test('passes its own tests on the schema of this one', { timeout: 240_000 }, async () => {
    for (const file of migrationsOf(root)) cpSync(join(root, file), join(folder, file));
    const args = ['run', '--project', 'unit', ...SUITES];
    const { all } = await run(join(folder, 'node_modules/.bin/vitest'), args, {
      cwd: folder,
      what: "the last release's tests on this schema",
    });
    expect(all).toMatch(/\d{2,} passed, 0 failed/);
  });
});

/** `notes` of `services/orders/migrations/0012_notes.sql`. */
function nameOf(path: string): string {
  return path.match(/\d+_([^/]*)\.sql$/)?.[1] ?? '';
}
