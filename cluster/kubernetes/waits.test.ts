import { expect, test } from 'vitest';
import { CommandError } from '../run.ts';
import { isUnreachable, type PodEvent, pullsInProgress } from './waits.ts';

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

test.each([
  ['Unable to connect to the server: net/http: TLS handshake timeout', true],
  ['The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?', true],
  ['timed out waiting for the condition', false],
  ['Error from server (NotFound): deployments.apps "orders" not found', false],
])('"%s" means that the API server did not answer: %s', (line, expected) => {
  expect(isUnreachable(new CommandError(`start of deployment/orders failed (exit code 1):\n  ${line}`))).toBe(expected);
});
