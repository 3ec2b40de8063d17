import { expect, test } from 'vitest';
import { effectiveEjection, effectivePolicy } from '../testing/effective-policy.ts';
import { ejectsEverythingUnstated } from './ejects-everything-unstated.ts';

function ejecting(maxEjectionPercent: number | 'all') {
  return ejectsEverythingUnstated(effectivePolicy({ ejection: effectiveEjection({ maxEjectionPercent }) }));
}

test('a number that lets every endpoint be out is refused', () => {
  expect(ejecting(100)).toEqual([
    {
      subject: 'a->b',
      value: 'breaker.maxEjectionPercent = 100',
      rule: 'ejects-everything-unstated',
      message:
        "every endpoint may be out at once, and all calls fail: say 'all' if that is meant, else a number below 100.",
    },
  ]);
});

test("99 leaves at least one endpoint in, and 'all' says what it means", () => {
  expect(ejecting(99)).toEqual([]);
  expect(ejecting('all')).toEqual([]);
});

test('without a breaker nothing is ejected', () => {
  expect(ejectsEverythingUnstated(effectivePolicy({ ejection: null }))).toEqual([]);
});
