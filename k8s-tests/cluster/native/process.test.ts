import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { childrenOf, end, identify, isAlive } from './process.ts';

test('a process is known by its pid and its start, so that a pid given out again is not taken for it', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const own = identify(child.pid ?? 0);
  if (!own) throw new Error('sleep did not start');
  expect(childrenOf(process.pid)).toContain(own.pid);
  const later = { ...own, startTime: '1' };
  expect(isAlive(later)).toBe(false);
  await end(later);
  expect(isAlive(own)).toBe(true);
  await end(own);
  expect(isAlive(own)).toBe(false);
});
