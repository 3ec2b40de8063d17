import { expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { buildCallGraph } from './call-graph.ts';
import { safeCallsSafe } from './safe-calls-safe.ts';

const problemsOf = (idempotency: 'safe' | 'by-key' | 'none', behind: 'safe' | 'by-key' | 'none') =>
  safeCallsSafe(
    buildCallGraph([
      effectivePolicy({ idempotency, calls: ['b->c.Ask'] }),
      effectivePolicy({ caller: 'b', callee: 'c', idempotency: behind }),
    ]),
  );

test.each(['by-key', 'none'] as const)('a call is not safe if its callee makes one that is %s', (behind) => {
  expect(problemsOf('safe', behind)).toEqual([
    {
      subject: 'a->b.Ask',
      value: 'idempotency = safe',
      rule: 'safe-calls-safe',
      message: `it calls b->c.Ask, which is ${behind}: by-key or none is right here, too.`,
    },
  ]);
});

test('a safe call may lead to safe ones, any other to all', () => {
  expect(problemsOf('safe', 'safe')).toEqual([]);
  for (const behind of ['safe', 'by-key', 'none'] as const) {
    expect(problemsOf('by-key', behind)).toEqual([]);
    expect(problemsOf('none', behind)).toEqual([]);
  }
});
