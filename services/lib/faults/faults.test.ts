import { expect, test } from 'vitest';
import { createFaultInjection } from './fault-injection.ts';
import { RequestCounter } from './request-counter.ts';
import { type FaultRule, FaultRules, faultRuleSchema } from './rules.ts';

const check = '/windlass.inventory.v1.Inventory/Check';

function statuses(rules: FaultRule[], requests: string[]): (string | number | undefined)[] {
  const faults = new FaultRules();
  faults.replace(rules);
  return requests.map((match) => faults.next(match)?.status);
}

test('failFirst fails the first n requests of its match and no later one', () => {
  const rules = [{ match: check, failFirst: 2, status: 'UNAVAILABLE' }];
  expect(statuses(rules, [check, '/other', check, check, check])).toEqual([
    'UNAVAILABLE',
    undefined,
    'UNAVAILABLE',
    undefined,
    undefined,
  ]);
});

test('percent spreads its failures evenly and gives the exact share', () => {
  const fail = (percent: number, requests: number) =>
    statuses([{ match: '/a', percent, status: 503 }], Array(requests).fill('/a')).map((status) => status !== undefined);
  expect(fail(50, 6)).toEqual([false, true, false, true, false, true]);
  expect(fail(30, 100).filter(Boolean)).toHaveLength(30);
  expect(fail(100, 3)).toEqual([true, true, true]);
});

test('the first rule that matches applies, even when it lets the request pass', () => {
  const rules = [
    { match: '/a', failFirst: 1, status: 500 },
    { match: '/a', status: 503 },
  ];
  expect(statuses(rules, ['/a', '/a'])).toEqual([500, undefined]);
});

test.each([
  ['neither delayMs nor status', { match: '/a' }],
  ['failFirst and percent', { match: '/a', failFirst: 1, percent: 10, status: 503 }],
  ['carriedOut but no status', { match: '/a', delayMs: 5, carriedOut: true }],
  ['an HTTP status for a gRPC path', { match: check, status: 503 }],
  ['a gRPC status for an HTTP route', { match: '/v1/orders', status: 'UNAVAILABLE' }],
  ['an unknown gRPC status', { match: check, status: 'BROKEN' }],
  ['an answer but no status', { match: '/a', answer: 'huge' }],
  ['an answer for a gRPC path', { match: check, answer: 'huge', status: 'UNAVAILABLE' }],
  ['a status of success but no answer', { match: '/a', status: 200 }],
  ['an unknown answer', { match: '/a', answer: 'odd', status: 200 }],
  ['a misspelt key', { match: '/a', status: 503, delay: 5 }],
])('a rule with %s is rejected', (_, rule) => expect(faultRuleSchema.safeParse(rule).success).toBe(false));

test('a request is counted before its fault applies, by match and by request id', async () => {
  const faults = createFaultInjection(true);
  faults.rules.replace([{ match: check, status: 'UNAVAILABLE', delayMs: 20 }]);
  const answer = faults.admit(check, 'r-1');
  expect(faults.requestCounter.read()).toEqual({ byMatch: { [check]: 1 }, byRequestId: { 'r-1': { [check]: 1 } } });
  expect(await answer).toEqual({ status: 'UNAVAILABLE', carriedOut: false, answer: undefined });
});

test('without FAULTS=on nothing is counted and nothing fails', async () => {
  const faults = createFaultInjection(false);
  faults.rules.replace([{ match: check, status: 'UNAVAILABLE' }]);
  expect(await faults.admit(check, 'r-1')).toBeUndefined();
  expect(faults.requestCounter.read()).toEqual({ byMatch: {}, byRequestId: {} });
});

test('the newest 10,000 request ids are kept', () => {
  const requestCounter = new RequestCounter();
  for (let id = 0; id < 10_001; id++) requestCounter.count('/a', `r-${id}`);
  const { byMatch, byRequestId } = requestCounter.read();
  expect(byMatch).toEqual({ '/a': 10_001 });
  expect(Object.keys(byRequestId)).toHaveLength(10_000);
  expect(byRequestId).not.toHaveProperty('r-0');
});
