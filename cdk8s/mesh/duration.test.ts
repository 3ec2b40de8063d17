import { expect, test } from 'vitest';
import { formatDurationMs } from './duration.ts';

test('milliseconds are written with their unit', () => {
  expect(formatDurationMs(500)).toBe('500ms');
  expect(formatDurationMs(30_000)).toBe('30000ms');
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%s is refused by its value', (value) => {
  expect(() => formatDurationMs(value)).toThrow(`not ${value}`);
});
