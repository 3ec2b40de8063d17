import { expect, test } from 'vitest';
import { aKafka, aPool, mutualTls } from '../testing.ts';
import { poolStatus, readyStatus } from './status.ts';

test('a ready Kafka names its listeners by the bootstrap service, without a cluster domain', () => {
  expect(readyStatus(aKafka(), aPool(), 'id-1', 'PEM')).toMatchObject({
    conditions: [{ type: 'Ready', status: 'True' }],
    observedGeneration: 2,
    clusterId: 'id-1',
    kafkaNodePools: [{ name: 'dual' }],
    listeners: [
      {
        name: 'plain',
        bootstrapServers: 'events-kafka-bootstrap.shop.svc:9092',
        addresses: [{ host: 'events-kafka-bootstrap.shop.svc', port: 9092 }],
      },
    ],
  });
});

test('a TLS listener shows the certificate with which clients verify the broker, and a plain one shows none', () => {
  const { listeners } = readyStatus(aKafka({ listeners: [mutualTls] }), aPool(), 'id-1', 'PEM');
  expect(listeners).toMatchObject([{ name: 'tls', certificates: ['PEM'] }]);
  expect(readyStatus(aKafka(), aPool(), 'id-1', 'PEM').listeners?.[0]).not.toHaveProperty('certificates');
});

test('ephemeral data gives two warnings, before Ready', () => {
  const { conditions = [] } = readyStatus(aKafka(), aPool({ storage: { type: 'ephemeral' } }), 'id-1', 'PEM');
  expect(conditions.map(({ type, reason }) => [type, reason])).toEqual([
    ['Warning', 'KafkaStorage'],
    ['Warning', 'KafkaStorage'],
    ['Ready', undefined],
  ]);
});

test('a pool has no conditions of its own', () => {
  expect(poolStatus(aKafka(), aPool(), 'id-1')).toMatchObject({
    conditions: [],
    nodeIds: [0],
    replicas: 1,
    clusterId: 'id-1',
  });
});
