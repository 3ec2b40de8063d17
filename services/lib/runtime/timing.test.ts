import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { silentLog } from '../observability/log.ts';
import { periodically } from './timing.ts';

test('a housekeeping task does not begin while its last run goes on, and goes on after a failure', async () => {
  const runs: PromiseWithResolvers<void>[] = [];
  const run = () => {
    const one = Promise.withResolvers<void>();
    runs.push(one);
    return one.promise;
  };
  const stop = periodically(10, 'count', run, silentLog);
  await sleep(100);
  expect(runs).toHaveLength(1);
  runs[0]?.reject(new Error('no'));
  await expect.poll(() => runs.length, { timeout: 5_000 }).toBe(2);
  stop();
});
