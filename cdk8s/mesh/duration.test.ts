import { expect, test } from 'vitest';
import { formatDurationMs, formatDurationS } from './duration.ts';

test('milliseconds are written with their unit', () => {
  expect(formatDurationMs(500)).toBe('500ms');
  expect(formatDurationMs(30_000)).toBe('30000ms');
});

test('Envoy reads the same in seconds', () => {
  expect([500, 30_000, 1].map(formatDurationS)).toEqual(['0.5s', '30s', '0.001s']);
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%s is rejected by its value', (value) => {
  expect(() => formatDurationMs(value)).toThrow(`not ${value}`);
});
