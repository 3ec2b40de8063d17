import { expect, it } from 'vitest';
import { findRunErrors, slowest } from './reporter.ts';

it('accepts a run if all its skips have a reason', () => {
  const counts = { passed: 1, failed: 0, skipped: ['rollout > survives'] };
  expect(findRunErrors(counts, { 'rollout > survives': 'needs two nodes' })).toEqual([]);
});

it('names each skip without a reason', () => {
  expect(findRunErrors({ passed: 1, failed: 0, skipped: ['a', 'b'] }, { b: 'why' })).toEqual([
    'skipped without a reason in k8s-tests/skips.ts: a',
  ]);
});

it('rejects a run without tests', () => {
  expect(findRunErrors({ passed: 0, failed: 0, skipped: [] }, {})).toEqual(['no test was run']);
});

it('names the ten slowest files, slowest first, with their seconds', () => {
  const timings = Array.from({ length: 12 }, (_, n) => ({ file: `${n}.test.ts`, durationMs: n * 1_234 }));
  const lines = slowest(timings);
  expect(lines).toHaveLength(10);
  expect(lines[0]).toBe('  13.6 s  11.test.ts');
  expect(lines.at(-1)).toBe('   2.5 s  2.test.ts');
});
