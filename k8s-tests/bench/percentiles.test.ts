import { expect, it } from 'vitest';
import { summarize } from './percentiles.ts';

it('returns percentiles that are samples', () => {
  const samples = Array.from({ length: 50 }, (_, n) => 50 - n);
  expect(summarize(samples)).toEqual({ p50: 25, p90: 45, p99: 50, max: 50 });
  expect(summarize([7])).toEqual({ p50: 7, p90: 7, p99: 7, max: 7 });
});

it('throws if there are no samples', () => {
  expect(() => summarize([])).toThrow('no samples');
});
