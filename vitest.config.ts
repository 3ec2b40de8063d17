import { defineConfig } from 'vitest/config';
import { longSuites } from './k8s-tests/tiers.ts';

/** `make test` leaves the long suites out. To run one alone: TIER=prove npm run test:cluster -- storm */
const leftOut = process.env.TIER === 'prove' ? [] : Object.keys(longSuites);

/** Some start processes or a database of their own, which takes its time on a busy machine. */
const unitTimeouts = { testTimeout: 60_000, hookTimeout: 90_000 };

/**
 * Three projects. `unit` and `unit-mocked` need no running system. `cluster` needs one (see bring-up.ts) and runs
 * after them, file by file. Files share a process and its modules (`isolate: false`), which saves a third of the CPU
 * time of those of cdk8s, except those that replace modules (`vi.mock`): their names end in .mocked.test.ts.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './k8s-tests/harness/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{cdk8s,services,cluster,k8s-tests}/**/*.test.ts'],
          exclude: ['**/*.cluster.test.ts', '**/*.mocked.test.ts'],
          isolate: false,
          ...unitTimeouts,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'unit-mocked',
          include: ['{cdk8s,services,cluster,k8s-tests}/**/*.mocked.test.ts'],
          ...unitTimeouts,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'cluster',
          // A shared machine stalls now and then. The reporter names each test that needed its second attempt.
          retry: 1,
          include: ['k8s-tests/**/*.cluster.test.ts'],
          exclude: leftOut,
          isolate: false,
          globalSetup: 'k8s-tests/global-setup.ts',
          setupFiles: 'k8s-tests/bring-up.ts',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
