import { expect, test } from 'vitest';
import { finish } from './finish.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('work that puts things in order outlives %s', async (signal) => {
  const before = process.listenerCount(signal);
  const steps: string[] = [];
  const work = async () => {
    try {
      process.kill(process.pid, signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error('kubectl was interrupted');
    } finally {
      steps.push('in order');
    }
  };
  await expect(finish(work)).rejects.toThrow('interrupted');
  expect(steps).toEqual(['in order']);
  expect(process.listenerCount(signal)).toBe(before);
});
