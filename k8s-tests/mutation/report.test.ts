import { expect, test } from 'vitest';
import type { MutationResult } from './mutate.ts';
import { everyDeployedIsKilled, formatReport, killedShare } from './report.ts';

const outcomes: MutationResult[] = [
  { mutant: 'a->b timeoutMs: 1 -> 2', verdict: { kind: 'killed', tests: ['t'] } },
  { mutant: 'a->b timeoutMs: 1 -> 0', verdict: { kind: 'rejected', rules: ['numbers-in-range'] } },
  { mutant: 'a->b idempotency: safe -> by-key', verdict: { kind: 'survived', why: 'no manifest changed' } },
];

test('the killed share leaves out mutants that the synthesis rejected', () => {
  expect(killedShare(outcomes)).toBe(0.5);
  expect(killedShare([])).toBe(1);
});

test('the report has counts, the rules that rejected mutants, every survivor and a date', () => {
  const report = formatReport(outcomes, new Date('2026-11-21T12:00:00Z'));
  expect(report).toContain('2026-11-21');
  expect(report).toContain('| 3 | 1 | 1 | 1 | 50.0 % |');
  expect(report).toContain('- numbers-in-range: 1');
  expect(report).toContain('- a->b idempotency: safe -> by-key (no manifest changed)');
});

test('a survivor is a gap in the cluster tests only if it changed a manifest', () => {
  expect(everyDeployedIsKilled(outcomes)).toBe(true);
  const gap: MutationResult = { mutant: 'm', verdict: { kind: 'survived', why: 'no test failed' } };
  expect(everyDeployedIsKilled([...outcomes, gap])).toBe(false);
});
