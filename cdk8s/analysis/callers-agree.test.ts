import { expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { buildCallGraph } from './call-graph.ts';
import { callersAgree } from './callers-agree.ts';
import type { EffectivePolicy } from './effective-policy.ts';

const shared = { path: '/b.v1.B/Ask', idempotency: 'by-key', calls: ['b->x.Do', 'b->y.Do'] } as const;
const problemsOf = (change: Partial<EffectivePolicy>) =>
  callersAgree(
    buildCallGraph([effectivePolicy(shared), effectivePolicy({ ...shared, caller: 'c', rpc: 'Enquire', ...change })]),
  );

test('callers that say the same of a call agree, whatever they call it', () => {
  expect(problemsOf({})).toEqual([]);
});

test('the order of what it calls does not matter', () => {
  expect(problemsOf({ calls: ['b->y.Do', 'b->x.Do'] })).toEqual([]);
});

test('two ideas of whether it may run twice are refused', () => {
  expect(problemsOf({ idempotency: 'none' })).toEqual([
    {
      subject: 'c->b.Enquire',
      value: 'idempotency = none',
      rule: 'callers-agree',
      message: 'a->b.Ask says by-key of the same call: only one of them can be right.',
    },
  ]);
});

test('two ideas of what it calls are refused', () => {
  expect(problemsOf({ calls: [] })).toMatchObject([
    { value: 'calls = none', message: expect.stringContaining('a->b.Ask says x.Do, y.Do') },
  ]);
});

test.each([{ path: '/b.v1.B/Tell' }, { method: 'GET' }, { callee: 'd' }] as const)(
  'another call may differ: %o',
  (other) => {
    expect(problemsOf({ idempotency: 'none', calls: [], ...other })).toEqual([]);
  },
);
