import { expect, test } from 'vitest';
import { isServing, type Watched } from './application.ts';

const deployment = (status: Watched['status']): Watched => ({
  kind: 'Deployment',
  metadata: { name: 'orders', namespace: 'shop', generation: 3 },
  spec: { replicas: 2 },
  ...(status && { status }),
});
const all = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

test('a workload serves once all its pods are of the newest generation and available', () => {
  expect(isServing(deployment(all))).toBe(true);
  expect(
    isServing({
      ...deployment({ ...all, replicas: 0, updatedReplicas: 0, availableReplicas: 0 }),
      spec: { replicas: 0 },
    }),
  ).toBe(true);
});

test.each([
  ['has no status yet', undefined],
  ['was changed and not observed yet', { ...all, observedGeneration: 2 }],
  ['still has a pod of the old generation', { ...all, replicas: 3 }],
  ['lacks a new pod', { ...all, updatedReplicas: 1 }],
  ['has a pod that is not ready', { ...all, availableReplicas: 1 }],
])('make up waits for a workload that %s', (_, status) => expect(isServing(deployment(status))).toBe(false));

test.each([
  ['True', 1, true],
  ['False', 1, false],
  ['True', 0, false],
])('a Kafka whose condition Ready is %s, of generation %i, counts as %s', (status, observedGeneration, serves) => {
  const kafka = { kind: 'Kafka', metadata: { name: 'events', namespace: 'shop', generation: 1 }, spec: {} };
  const conditions = [
    { type: 'Warning', status: 'True' },
    { type: 'Ready', status },
  ];
  expect(isServing({ ...kafka, status: { observedGeneration, conditions } })).toBe(serves);
});
