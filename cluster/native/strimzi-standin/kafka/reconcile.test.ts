import { expect, test } from 'vitest';
import { isRolledOut } from './reconcile.ts';

const status = { observedGeneration: 3, currentRevision: 'b', updateRevision: 'b', readyReplicas: 1, replicas: 1 };
const metadata = { generation: 3 };

test('a ready pod of the newest revision is rolled out', () => {
  expect(isRolledOut({ metadata, status })).toBe(true);
});

test.each([
  ['the change is not observed yet', { ...status, observedGeneration: 2 }],
  ['the old pod still runs', { ...status, currentRevision: 'a' }],
  ['the new pod is not ready', { ...status, readyReplicas: 0 }],
])('a pod is not rolled out while %s', (_, other) => {
  expect(isRolledOut({ metadata, status: other })).toBe(false);
});
