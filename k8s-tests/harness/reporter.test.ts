import { expect, it } from 'vitest';
import { findFaults } from './reporter.ts';

it('accepts a run whose skips all have a reason', () => {
  const counts = { passed: 1, failed: 0, skipped: ['rollout > survives'] };
  expect(findFaults(counts, { 'rollout > survives': 'needs two nodes' })).toEqual([]);
});

it('names each skip without a reason', () => {
  expect(findFaults({ passed: 1, failed: 0, skipped: ['a', 'b'] }, { b: 'why' })).toEqual([
    'skipped without a reason in k8s-tests/skips.ts: a',
  ]);
});

it('finds fault with a run of no tests', () => {
  expect(findFaults({ passed: 0, failed: 0, skipped: [] }, {})).toEqual(['no test was run']);
});
