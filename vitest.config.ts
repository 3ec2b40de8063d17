import { defineConfig } from 'vitest/config';

/** Two projects: `unit` needs nothing; `cluster` needs a running system (see global-setup.ts) and runs after it, file by file. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './k8s-tests/harness/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{cdk8s,services,k8s-tests}/**/*.test.ts'],
          exclude: ['k8s-tests/*.test.ts'],
          testTimeout: 30_000,
          // Some start a database of their own, which takes its time on a busy machine.
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['k8s-tests/*.test.ts'],
          globalSetup: 'k8s-tests/global-setup.ts',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
