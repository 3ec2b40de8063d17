import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { allowedSkips } from '../skips.ts';

/** The result of a run, by test. */
export interface RunCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/** Returns the faults of a run besides its failed tests: skips without a listed reason, or no test at all. */
export function findRunErrors(counts: RunCounts, allowed: Readonly<Record<string, string>>): readonly string[] {
  const unlisted = counts.skipped.filter((name) => allowed[name] === undefined);
  const faults = unlisted.map((name) => `skipped without a reason in k8s-tests/skips.ts: ${name}`);
  return counts.passed + counts.failed === 0 ? [...faults, 'no test was run'] : faults;
}

/** A test file and the duration of its tests. */
export interface FileTiming {
  readonly file: string;
  readonly durationMs: number;
}

/** The ten slowest files, slowest first, one line each. */
export function slowest(timings: readonly FileTiming[]): readonly string[] {
  return timings
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, 10)
    .map(({ file, durationMs }) => `${(durationMs / 1_000).toFixed(1).padStart(6)} s  ${file}`);
}

function toTiming(module: TestModule): FileTiming {
  return { file: module.relativeModuleId, durationMs: module.diagnostic().duration };
}

/**
 * Prints the failed tests and the line `N passed, N failed, N skipped` at the end of the run, and fails the run for each fault that
 * `findRunErrors` returns. If tests were selected by name (`-t`), the others do not count as skipped.
 */
export default class CountingReporter implements Reporter {
  private picked = false;

  onInit(vitest: Vitest): void {
    this.picked = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = countTests(modules);
    const { passed, failed, skipped } = counts;
    const faults = findRunErrors(this.picked ? { ...counts, skipped: [] } : counts, allowedSkips);
    for (const name of skipped)
      if (allowedSkips[name] !== undefined) console.log(`skipped: ${name}: ${allowedSkips[name]}`);
    for (const fault of faults) console.error(fault);
    for (const line of describeFlaky(modules)) console.log(`passed only at its second attempt: ${line}`);
    console.log(['the slowest files:', ...slowest(modules.map(toTiming))].join('\n  '));
    for (const line of describeFailed(modules)) console.log(`failed: ${line}`);
    console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
    if (faults.length > 0) process.exitCode = 1;
  }
}

/** Each test that failed at first and then passed, with the error of its first attempt. */
function describeFlaky(modules: readonly TestModule[]): readonly string[] {
  return testsOf(modules)
    .filter((test) => test.diagnostic()?.flaky)
    .map(describeError);
}

/** Each failed test and each file that could not be loaded, for those who read only the end of a long log. */
function describeFailed(modules: readonly TestModule[]): readonly string[] {
  const failed = testsOf(modules).filter((test) => test.result().state === 'failed');
  const files = unloadable(modules).map((module) => `${module.relativeModuleId}: ${module.errors()[0]?.message}`);
  return [...files, ...failed.map(describeError)];
}

const unloadable = (modules: readonly TestModule[]): readonly TestModule[] =>
  modules.filter((module) => module.children.size === 0 && module.errors().length > 0);

const describeError = (test: TestCase): string =>
  `${test.module.relativeModuleId}: ${test.fullName}: ${test.result().errors?.[0]?.message ?? 'no error is known'}`;

const testsOf = (modules: readonly TestModule[]): readonly TestCase[] =>
  modules.flatMap((module) => [...module.children.allTests()]);

/** Counts a file that could not be loaded as one failed test. */
function countTests(modules: readonly TestModule[]): RunCounts {
  const tests = testsOf(modules);
  return {
    passed: tests.filter((test) => test.result().state === 'passed').length,
    failed: tests.filter((test) => test.result().state === 'failed').length + unloadable(modules).length,
    // Also counts tests that were pending when the run was interrupted.
    skipped: tests.filter((test) => ['skipped', 'pending'].includes(test.result().state)).map((test) => test.fullName),
  };
}
