import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startLoop } from './loop.ts';

const TIMES = { settleMs: 100, retryMs: 1_000, resyncMs: 15_000 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a burst of changes causes one pass', async () => {
  const pass = vi.fn(async () => {});
  const loop = startLoop(pass, TIMES);
  await vi.advanceTimersByTimeAsync(0);
  for (let change = 0; change < 5; change += 1) loop.changed();
  await vi.advanceTimersByTimeAsync(100);
  expect(pass).toHaveBeenCalledTimes(2);
});

test('without a change a pass runs every resyncMs', async () => {
  const pass = vi.fn(async () => {});
  startLoop(pass, TIMES);
  await vi.advanceTimersByTimeAsync(45_000);
  expect(pass).toHaveBeenCalledTimes(4);
});

test('a change during a pass causes another pass after it, never two at a time', async () => {
  let running = 0;
  let most = 0;
  const pass = vi.fn(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 500));
    running -= 1;
  });
  const loop = startLoop(pass, TIMES);
  await vi.advanceTimersByTimeAsync(50);
  loop.changed();
  await vi.advanceTimersByTimeAsync(1_500);
  expect(pass).toHaveBeenCalledTimes(2);
  expect(most).toBe(1);
});

test('a failed pass is repeated after retryMs', async () => {
  const pass = vi.fn(async () => {});
  const loop = startLoop(pass, TIMES);
  await vi.advanceTimersByTimeAsync(0);
  loop.failed();
  await vi.advanceTimersByTimeAsync(999);
  expect(pass).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(pass).toHaveBeenCalledTimes(2);
});

test('after stop no pass starts', async () => {
  const pass = vi.fn(async () => {});
  const loop = startLoop(pass, TIMES);
  await vi.advanceTimersByTimeAsync(0);
  await loop.stop();
  loop.changed();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(pass).toHaveBeenCalledTimes(1);
});
