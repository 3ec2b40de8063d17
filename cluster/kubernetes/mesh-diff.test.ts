import { expect, test } from 'vitest';
import { compare } from './mesh-diff.ts';

const route = (timeout: string, extra: object = {}) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'inventory', namespace: 'shop' },
  spec: { http: [{ timeout, ...extra }] },
});

test('a mesh that runs what the source says has no difference, whatever the order of keys', () => {
  expect(
    compare(
      [route('300ms', { name: 'a' })],
      [{ ...route('300ms'), spec: { http: [{ name: 'a', timeout: '300ms' }] } }],
    ),
  ).toBe('');
});

test('a number edited in the cluster shows with both values', () => {
  const lines = compare([route('300ms')], [route('2s')]).split('\n');
  expect(lines).toContain('-  - timeout: 300ms');
  expect(lines).toContain('+  - timeout: 2s');
});

test('a field that someone added in the cluster shows, though the source does not have it', () => {
  expect(compare([route('300ms')], [route('300ms', { fault: { abort: {} } })])).toContain('fault:');
});

test('an object that only the cluster or only the source has is shown as a whole', () => {
  expect(compare([], [route('300ms')])).toContain('+++ cluster VirtualService shop/inventory');
  expect(compare([route('300ms')], [])).toContain('-  - timeout: 300ms');
});
