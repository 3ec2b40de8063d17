import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { run } from '../../cluster/run.ts';
import { tool } from '../../cluster/toolchain/tools.ts';

/** This needs no cluster, but it is not a unit test, because the first use of actionlint on a machine needs Go. */
describe('actionlint', () => {
  let actionlint: string;
  beforeAll(async () => {
    actionlint = join(await tool('actionlint'), 'actionlint');
  }, 600_000);
  // Without the linters of scripts, which may not be installed.
  const lint = (args: readonly string[], input = '') =>
    run(actionlint, ['-shellcheck=', '-pyflakes=', '-oneline', ...args], { tolerant: true, input });

  it('finds nothing in the workflows', async () => {
    const folder = join(root, '.github/workflows');
    const files = (await readdir(folder)).map((file) => join(folder, file));
    expect(await lint(files)).toMatchObject({ stdout: '', exitCode: 0 });
  });

  it('finds an input that an action does not have, with its position', async () => {
    const step = '{ uses: actions/checkout@v5, with: { persist-credential: false } }';
    const workflow = `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - ${step}\n`;
    expect((await lint(['-'], workflow)).stdout).toMatch(/^<stdin>:6:\d+: input "persist-credential" is not defined/);
  });
});
