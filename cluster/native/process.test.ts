import { spawn } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { childrenOf, end, environmentOf, findByCommand, identify, isAlive } from './process.ts';

test('a process is known by its pid and its start, so that a reused pid is not mistaken for it', async () => {
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

test('a process is found by its program and an argument, and its environment can be read', async () => {
  const child = spawn('sleep', ['61.5'], {
    stdio: 'ignore',
    env: { ...process.env, FORWARDS: '8080:30080 16686:30686' },
  });
  const [found, ...others] = await vi.waitFor(() => {
    const processes = findByCommand('sleep', '61.5');
    expect(processes).toHaveLength(1);
    return processes;
  });
  if (!found) throw new Error('sleep was not found');
  expect(others).toEqual([]);
  expect(found.pid).toBe(child.pid);
  expect(environmentOf(found).FORWARDS).toBe('8080:30080 16686:30686');
  await end(found);
  expect(findByCommand('sleep', '61.5')).toEqual([]);
});
