import { expect, test } from 'vitest';
import { type PodEvent, pullsInProgress } from './waits.ts';

const event = (second: number, reason: string, pod = 'orders-1', container = 'orders'): PodEvent => ({
  reason,
  message: `${reason} of ${pod}`,
  involvedObject: { name: pod, fieldPath: `spec.containers{${container}}` },
  lastTimestamp: `2026-11-26T10:00:${String(second).padStart(2, '0')}Z`,
});

test('a pull is in progress until the image is there or the pull has failed', () => {
  expect(pullsInProgress([event(1, 'Pulling')])).toEqual(['Pulling of orders-1']);
  expect(pullsInProgress([event(2, 'Pulled'), event(1, 'Pulling')])).toEqual([]);
  expect(pullsInProgress([event(1, 'Pulling'), event(2, 'Failed')])).toEqual([]);
});

test('each container of each pod has its own pulls, and a repeated pull is in progress again', () => {
  const events = [
    event(1, 'Pulling', 'orders-1', 'istio-proxy'),
    event(2, 'Pulled', 'orders-1', 'istio-proxy'),
    event(3, 'Pulling', 'payments-1'),
    event(4, 'BackOff', 'payments-1'),
    event(5, 'Pulling', 'payments-1'),
  ];
  expect(pullsInProgress(events)).toEqual(['Pulling of payments-1']);
});
