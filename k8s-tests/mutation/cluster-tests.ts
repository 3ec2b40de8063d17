import { createVitest, type TestCase, type Vitest } from 'vitest/node';
import { root } from '../../cluster/paths.ts';

/** Cluster tests that run repeatedly on a cluster that is up. Their output is hidden. */
export interface ClusterTests {
  /** @returns the full names of the tests that fail; those that pass are not named */
  failing(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** @param files below k8s-tests/ */
export async function openClusterTests(files: readonly string[]): Promise<ClusterTests> {
  const vitest = await createVitest('test', {
    root,
    // Not the project's config, because its global set-up would restore the policies.
    config: false,
    include: files.map((file) => `k8s-tests/${file}`),
    watch: false,
    // One failing test is enough to kill a mutant.
    bail: 1,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: [{}],
  });
  return { failing: () => findFailing(vitest), close: () => vitest.close() };
}

async function findFailing(vitest: Vitest): Promise<string[]> {
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(await vitest.globTestSpecifications());
  if (unhandledErrors.length > 0) throw new AggregateError(unhandledErrors, 'the cluster tests could not run');
  const tests = testModules.flatMap((module) => [...module.children.allTests()]);
  if (tests.length === 0) throw new Error('no cluster test ran');
  return tests.filter(hasFailed).map(({ fullName }) => fullName);
}

function hasFailed(test: TestCase): boolean {
  return test.result().state === 'failed';
}
