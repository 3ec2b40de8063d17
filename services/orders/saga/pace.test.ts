import { expect, test } from 'vitest';
import { stepPauseMs } from './pace.ts';

test('the pause after a failure doubles from 200 ms to 5 s, then grows slowly to two minutes', () => {
  expect([1, 2, 3, 5, 6, 7, 10, 20, 1_000].map((failures) => Math.round(stepPauseMs(failures, 0, 0)))).toEqual([
    200, 400, 800, 3_200, 5_000, 6_250, 12_207, 113_687, 120_000,
  ]);
});

test('after an outage of a minute the next attempt follows within half a minute', () => {
  let elapsedMs = 0;
  let failures = 0;
  while (elapsedMs < 60_000) elapsedMs += stepPauseMs(++failures, 0, 0);
  expect(stepPauseMs(failures, 0, 0)).toBeLessThan(20_000);
  expect(stepPauseMs(failures + 1, 0, 0)).toBeLessThan(30_000);
});

test('up to a quarter of the pause is taken off at random', () => {
  expect(stepPauseMs(6, 0, 1)).toBe(3_750);
  const pauses = new Set(Array.from({ length: 20 }, () => stepPauseMs(6)));
  expect(pauses.size).toBeGreaterThan(10);
});

test('a callee that asks to wait is waited for, but not for ever', () => {
  expect(stepPauseMs(1, 30_000)).toBe(30_000);
  expect(stepPauseMs(50, 1_000)).toBeGreaterThan(80_000);
  expect(stepPauseMs(1, Number.MAX_SAFE_INTEGER)).toBe(600_000);
});
