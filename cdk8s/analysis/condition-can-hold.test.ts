import { expect, test } from 'vitest';
import type { RetryCondition } from '../model/model.ts';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { conditionCanHold } from './condition-can-hold.ts';

const statuses = ['unavailable', 'cancelled', 'deadline-exceeded', 'resource-exhausted'] as const;
const others: readonly RetryCondition[] = [
  ...(['connect-failure', 'refused-stream', 'reset-before-request'] as const),
  ...(['reset', 'gateway-error', '5xx'] as const),
];

test.each(statuses)('%s never holds for an HTTP answer', (condition) => {
  const dependency = effectivePolicy({ protocol: 'http', tries: 2, conditions: ['reset', condition] });
  expect(conditionCanHold(dependency)).toEqual([
    {
      subject: 'a->b.Ask',
      value: `retries.conditions: ${condition}`,
      rule: 'condition-can-hold',
      message: 'an HTTP answer has no gRPC status: this never holds. gateway-error, 5xx and reset do.',
    },
  ]);
});

test('every other condition can hold for HTTP, every one for gRPC', () => {
  expect(conditionCanHold(effectivePolicy({ protocol: 'http', tries: 2, conditions: others }))).toEqual([]);
  const all = [...others, ...statuses];
  expect(conditionCanHold(effectivePolicy({ protocol: 'grpc', tries: 2, conditions: all }))).toEqual([]);
});

test('retries on nothing are refused, because Istio would fill in its own conditions', () => {
  expect(conditionCanHold(effectivePolicy({ tries: 2, conditions: [] }))).toMatchObject([
    { value: 'retries.conditions: none', message: expect.stringContaining("say 'never'") },
  ]);
});

test('without retries there is nothing to hold', () => {
  expect(conditionCanHold(effectivePolicy({ protocol: 'http', tries: 1, conditions: statuses }))).toEqual([]);
});
