import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { run } from '../../cluster/run.ts';
import { tool } from '../../cluster/toolchain/tools.ts';

/** Not a unit test, although it needs no cluster: its first use on a machine needs Go. */
describe('actionlint', () => {
  let actionlint: string;
  beforeAll(async () => {
    actionlint = join(await tool('actionlint'), 'actionlint');
  }, 600_000);
  // Without linters of scripts, which a machine may lack.
  const lint = (args: readonly string[], input = '') =>
    run(actionlint, ['-shellcheck=', '-pyflakes=', '-oneline', ...args], { tolerant: true, input });

  it('finds nothing in the workflows', async () => {
    const folder = join(root, '.github/workflows');
    const files = (await readdir(folder)).map((file) => join(folder, file));
    expect(await lint(files)).toMatchObject({ stdout: '', exitCode: 0 });
  });

  it('does find an input that an action does not have, and where', async () => {
    const step = '{ uses: actions/checkout@v5, with: { persist-credential: false } }';
    const workflow = `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - ${step}\n`;
    expect((await lint(['-'], workflow)).stdout).toMatch(/^<stdin>:6:\d+: input "persist-credential" is not defined/);
  });
});
