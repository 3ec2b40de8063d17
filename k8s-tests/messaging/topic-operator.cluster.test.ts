import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrokerAdmin, withBroker } from '../../cluster/native/strimzi-standin/topic/broker-admin.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';

let kafka: LocalKafka;
beforeAll(async () => {
  kafka = await startLocalKafka();
});
afterAll(() => kafka?.stop());

const onBroker = <T>(work: (admin: BrokerAdmin) => Promise<T>) => withBroker({ address: kafka.brokers[0] ?? '' }, work);
const SHORT_ID = /^[\w-]{22}$/;

test('the stand-in creates a topic, adds partitions, configures it and deletes it', async () => {
  await onBroker(async (admin) => {
    expect(await admin.describe('orders.v1')).toBeUndefined();
    await admin.apply('orders.v1', {
      kind: 'create',
      partitions: -1,
      replicas: -1,
      config: { 'retention.ms': '1000' },
    });
    const created = await admin.describe('orders.v1');
    expect(created).toEqual({
      topicId: expect.stringMatching(SHORT_ID),
      replicasByPartition: [1],
      config: { 'retention.ms': '1000' },
    });
    await admin.apply('orders.v1', { kind: 'change', partitions: 3, config: { 'cleanup.policy': 'compact' } });
    expect(await admin.describe('orders.v1')).toEqual({
      topicId: created?.topicId,
      replicasByPartition: [1, 1, 1],
      config: { 'cleanup.policy': 'compact' },
    });
    await admin.remove('orders.v1');
    expect(await admin.describe('orders.v1')).toBeUndefined();
  });
});

test('a topic with an invalid name does not exist', async () => {
  expect(await onBroker((admin) => admin.describe('no topic'))).toBeUndefined();
});

test("a change that the broker rejects fails with the broker's own message", async () => {
  const plan = { kind: 'create', partitions: 1, replicas: 1, config: { nonsense: '1' } } as const;
  await expect(onBroker((admin) => admin.apply('refused', plan))).rejects.toMatchObject({
    reason: 'KafkaError',
    message: 'org.apache.kafka.common.errors.InvalidConfigurationException: Unknown topic config name: nonsense',
  });
});

test('the cluster id is the one that the volume was formatted with', async () => {
  expect(await onBroker((admin) => admin.clusterId())).toMatch(SHORT_ID);
});
