import { expect, test } from 'vitest';
import { staleOf } from './restarted.ts';

const started = '2026-11-26T10:00:00.123456789Z';
const pod = (name: string, ...startedAt: (string | undefined)[]) => ({
  metadata: { namespace: 'shop', name },
  status: { containerStatuses: startedAt.map((time) => ({ state: time ? { running: { startedAt: time } } : {} })) },
});

test('a pod is stale as long as one of its containers seems to have run since before the start of the node', () => {
  const pods = [
    pod('old', '2026-11-26T09:00:00Z'),
    pod('half', '2026-11-26T10:00:05Z', '2026-11-26T09:00:00Z'),
    pod('new', '2026-11-26T10:00:00Z', '2026-11-26T10:00:07Z'),
    pod('waiting', undefined),
  ];
  expect(staleOf(pods, started)).toEqual(['shop/old', 'shop/half']);
});

test('a pod that has no container yet is not stale', () => {
  expect(staleOf([{ metadata: { namespace: 'shop', name: 'pending' }, status: {} }], started)).toEqual([]);
});
