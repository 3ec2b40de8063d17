import { expect, test } from 'vitest';
import { planTopic } from './plan.ts';

const actual = { topicId: 'id', replicasByPartition: [1, 1, 1], config: { 'retention.ms': '1000' } };

test('a missing topic is created; what is not said is the broker default', () => {
  expect(planTopic({ partitions: 3, config: { 'retention.ms': 1000 } }, undefined)).toEqual({
    kind: 'create',
    partitions: 3,
    replicas: -1,
    config: { 'retention.ms': '1000' },
  });
});

test('a topic that is as wanted is left alone', () => {
  expect(planTopic({ partitions: 3, replicas: 1, config: { 'retention.ms': 1000 } }, actual)).toEqual({
    kind: 'nothing',
  });
});

test('more partitions are added, and only they', () => {
  expect(planTopic({ partitions: 5, config: { 'retention.ms': 1000 } }, actual)).toEqual({
    kind: 'change',
    partitions: 5,
  });
});

test('a config that is no longer said goes back to the default', () => {
  expect(planTopic({ partitions: 3 }, actual)).toEqual({ kind: 'change', config: {} });
});

test('fewer partitions are not supported', () => {
  expect(() => planTopic({ partitions: 2 }, actual)).toThrow(
    expect.objectContaining({ reason: 'NotSupported', message: 'Decreasing partitions not supported' }),
  );
});

test('another replication factor is not supported, and the partitions are named', () => {
  expect(() => planTopic({ replicas: 3 }, actual)).toThrow(
    expect.objectContaining({
      reason: 'NotSupported',
      message: 'Replication factor change not supported, but required for partitions [0, 1, 2]',
    }),
  );
});
