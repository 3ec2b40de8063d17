import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RequestQueue } from './quiet-timers.ts';
import './quiet-timers.ts';

const Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: object,
) => RequestQueue;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a connection with no pending request sets no timer', () => {
  new Queue({}).checkPendingRequests();
  expect(vi.getTimerCount()).toBe(0);
});

test('a pending request is looked for again', () => {
  const queue = new Queue({ maxInFlightRequests: 0 });
  queue.pending.push({});
  queue.checkPendingRequests();
  expect(vi.getTimerCount()).toBe(1);
});
