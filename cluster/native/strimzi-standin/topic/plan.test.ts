import { expect, test } from 'vitest';
import { planTopic } from './plan.ts';

const actual = { topicId: 'id', replicasByPartition: [1, 1, 1], config: { 'retention.ms': '1000' } };

test('a missing topic is created, with the broker defaults for unset fields', () => {
  expect(planTopic({ partitions: 3, config: { 'retention.ms': 1000 } }, undefined)).toEqual({
    kind: 'create',
    partitions: 3,
    replicas: -1,
    config: { 'retention.ms': '1000' },
  });
});

test('a topic that is as its resource says stays as it is', () => {
  expect(planTopic({ partitions: 3, replicas: 1, config: { 'retention.ms': 1000 } }, actual)).toEqual({
    kind: 'nothing',
  });
});

test('missing partitions are added, and nothing else changes', () => {
  expect(planTopic({ partitions: 5, config: { 'retention.ms': 1000 } }, actual)).toEqual({
    kind: 'change',
    partitions: 5,
  });
});

test('an option that is no longer stated returns to its default', () => {
  expect(planTopic({ partitions: 3 }, actual)).toEqual({ kind: 'change', config: {} });
});

test('fewer partitions are not supported', () => {
  expect(() => planTopic({ partitions: 2 }, actual)).toThrow(
    expect.objectContaining({ reason: 'NotSupported', message: 'Decreasing partitions not supported' }),
  );
});

test('a changed replication factor is not supported, and the error names the partitions', () => {
  expect(() => planTopic({ replicas: 3 }, actual)).toThrow(
    expect.objectContaining({
      reason: 'NotSupported',
      message: 'Replication factor change not supported, but required for partitions [0, 1, 2]',
    }),
  );
});
