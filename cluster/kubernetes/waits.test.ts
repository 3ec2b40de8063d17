import { expect, test } from 'vitest';
import { type PodEvent, pullsUnderWay } from './waits.ts';

const event = (second: number, reason: string, pod = 'orders-1', container = 'orders'): PodEvent => ({
  reason,
  message: `${reason} of ${pod}`,
  involvedObject: { name: pod, fieldPath: `spec.containers{${container}}` },
  lastTimestamp: `2026-11-26T10:00:${String(second).padStart(2, '0')}Z`,
});

test('a pull is under way until the image is there, or the pull has failed', () => {
  expect(pullsUnderWay([event(1, 'Pulling')])).toEqual(['Pulling of orders-1']);
  expect(pullsUnderWay([event(2, 'Pulled'), event(1, 'Pulling')])).toEqual([]);
  expect(pullsUnderWay([event(1, 'Pulling'), event(2, 'Failed')])).toEqual([]);
});

test('each container of each pod has its own pulls, and a failed one that is tried again is under way again', () => {
  const events = [
    event(1, 'Pulling', 'orders-1', 'istio-proxy'),
    event(2, 'Pulled', 'orders-1', 'istio-proxy'),
    event(3, 'Pulling', 'payments-1'),
    event(4, 'BackOff', 'payments-1'),
    event(5, 'Pulling', 'payments-1'),
  ];
  expect(pullsUnderWay(events)).toEqual(['Pulling of payments-1']);
});
