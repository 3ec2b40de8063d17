import { execa } from 'execa';
import { expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';

/** Selects the mutants. Another seed selects others; `make mutate` runs all of them. */
const seed = process.env.MUTATION_SEED ?? '1';

it(`ten mutants of the policies, seed ${seed}: each that reaches the cluster turns a cluster test red`, async () => {
  const args = ['run', '--silent', 'mutate', '--', '--sample', '10', '--seed', seed];
  const { exitCode, all } = await execa('npm', args, { cwd: root, all: true, reject: false });
  expect(exitCode, all).toBe(0);
  expect(all).toMatch(/^\[10\/10\] /m);
});
