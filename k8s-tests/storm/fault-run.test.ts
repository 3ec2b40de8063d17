import { describe, expect, it } from 'vitest';
import { burstsOf, type FaultRunResult, failuresOf } from './fault-run.ts';
import { type FaultRecord, isEffective } from './inject.ts';
import { pendingShares } from './pending.ts';
import { addToDocument, countAnswers, formatResult } from './report.ts';

const fault: FaultRecord = {
  kind: 'kill',
  target: 'orders',
  plannedAtMs: 0,
  startedAt: '2026-11-21T12:00:00.000Z',
  endedAt: '2026-11-21T12:00:00.100Z',
  pods: ['orders-1'],
  pids: [4711],
  observed: ['gone 4711'],
  effective: true,
};

const good: FaultRunResult = {
  options: { seed: 7, durationMs: 120_000, ratePerSecond: 4, faults: 1 },
  startedAt: '2026-11-21T12:00:00.000Z',
  loadStartedAt: '2026-11-21T12:00:00.000Z',
  calls: [
    { key: 'a', paymentToken: 'tok_ok', atMs: 0, status: 201, orderId: 'o' },
    { key: 'b', paymentToken: 'tok_ok', atMs: 250, error: 'socket hang up' },
    { key: 'c', paymentToken: 'tok_ok', atMs: 500, error: 'not sent: too many calls in flight' },
  ],
  faults: [fault],
  quiescentAfterMs: 4_321,
  inProgress: '',
  reports: [{ name: 'stock-is-conserved', says: 'nothing is lost', cases: 300, wrong: [] }],
};

describe('a run passes', () => {
  it('if no invariant is violated and every fault had an effect', () => {
    expect(failuresOf(good)).toEqual([]);
    expect(formatResult(good)).toContain('No violation.');
  });

  it.each([
    ['a violation', { reports: [{ ...good.reports[0], wrong: ['a mug is gone'] }] }, 'a mug is gone'],
    ['an invariant without a case', { reports: [{ ...good.reports[0], cases: 0 }] }, 'was not tested'],
    ['a shop that does not become quiescent', { quiescentAfterMs: undefined, inProgress: '3 sagas' }, '3 sagas'],
    ['fewer faults than requested', { faults: [] }, '0 faults had an effect, 1 were requested'],
    ['a fault without effect', { faults: [fault, { ...fault, effective: false }] }, 'no effect: kill orders'],
  ])('but not with %s', (_, change, complaint) => {
    expect(failuresOf({ ...good, ...change } as FaultRunResult).join('\n')).toContain(complaint);
  });
});

describe('the effect of a fault', () => {
  it.each([
    ['kill', ['gone 1'], true],
    ['kill', ['alive 1'], false],
    ['kill', ['none'], false],
    ['freeze', ['state 1 T', 'held', 'thawed 1 T'], true],
    ['freeze', ['state 1 T', 'held', 'died 1'], true],
    ['freeze', ['state 1 S', 'held', 'thawed 1 S'], false],
    ['freeze', ['held'], false],
    ['cut', ['rule 1 OUTPUT', 'held', 'dropped 17', 'mended 1'], true],
    ['cut', ['rule 1 OUTPUT', 'held', 'dropped 0', 'mended 1'], false],
    ['cut', ['rule 1 OUTPUT', 'held', 'dropped 17', 'left'], false],
    ['cut', ['rule 1 OUTPUT', 'answers 10.0.0.1:5432', 'held', 'dropped 17', 'mended 1'], false],
    ['cut', ['no pod app=orders'], false],
  ] as const)('%s: %j -> %s', (kind, observed, effective) => {
    expect(isEffective(kind, observed)).toBe(effective);
  });
});

describe('the report of a run', () => {
  it('distinguishes rejected calls, calls without a response and calls that were not sent', () => {
    expect(countAnswers(good)).toEqual({ '201': 1, 'no answer': 1, 'not sent': 1 });
  });

  it('adds a row to the document for each run, and replaces the invariants of the last one', () => {
    const once = addToDocument(undefined, good);
    const twice = addToDocument(once, { ...good, options: { ...good.options, seed: 8 } });
    expect(twice.match(/^\| 2026-11-21 /gm)).toHaveLength(2);
    expect(twice.match(/## The last run/g)).toHaveLength(1);
    expect(twice).toContain('stock-is-conserved');
  });
});

describe('pending orders are counted', () => {
  const at = (seconds: number, status: 201 | 202) => ({
    key: 'k',
    paymentToken: 'tok_ok',
    atMs: seconds * 1_000,
    status,
  });
  const late = { ...at(19, 202), paymentToken: 'tok_slow' };
  const calls = [at(1, 202), at(14, 201), at(16, 201), at(17, 202), at(18, 201), late];

  it("apart during a fault on the customer's path and for 15 s after it", () => {
    expect(pendingShares({ ...good, calls })).toEqual({
      inside: { accepted: 2, pending: 1 },
      troubledCards: { accepted: 1, pending: 1 },
      outside: { accepted: 3, pending: 1 },
    });
    expect(formatResult({ ...good, calls })).toContain('1 of 2 (50.0 %) during faults');
  });

  it.each(['broker', 'fulfillment', "orders-worker's sidecar", 'istiod', 'postgres of fulfillment read-only'])(
    'as outside while %s fails, for which no customer waits',
    (target) => {
      expect(pendingShares({ ...good, calls, faults: [{ ...fault, target }] }).inside.accepted).toBe(0);
    },
  );
});

describe('bursts', () => {
  it('last 30 s and come once in ten minutes', () => {
    expect(burstsOf(120_000)).toEqual([{ atMs: 40_000, forMs: 30_000 }]);
    expect(burstsOf(3_600_000)).toHaveLength(6);
    expect(burstsOf(60_000)).toEqual([{ atMs: 20_000, forMs: 15_000 }]);
  });
});
