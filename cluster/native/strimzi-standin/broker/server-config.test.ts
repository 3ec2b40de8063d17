import { expect, test } from 'vitest';
import { aKafka, aPool } from '../testing.ts';
import { serverConfig } from './server-config.ts';

const lines = (...args: Parameters<typeof serverConfig>): readonly string[] => serverConfig(...args).split('\n');

test('the broker advertises the name of its pod below the brokers service', () => {
  expect(lines(aKafka(), aPool())).toContain(
    'advertised.listeners=REPLICATION-9091://127.0.0.1:9091,PLAIN-9092://events-dual-0.events-kafka-brokers.shop.svc:9092',
  );
});

test('options that the user sets override our defaults', () => {
  const kafka = aKafka({ config: { 'auto.create.topics.enable': false, 'offsets.topic.replication.factor': 1 } });
  expect(lines(kafka, aPool())).toContain('auto.create.topics.enable=false');
  expect(lines(kafka, aPool()).filter((line) => line.startsWith('offsets.topic.'))).toHaveLength(1);
});

test('options that Strimzi controls are dropped', () => {
  const config = {
    listeners: 'X://:1',
    'advertised.listeners': 'X://:1',
    'node.id': 7,
    'log.dirs': '/x',
    'log.retention.hours': 1,
  };
  const result = lines(aKafka({ config }), aPool());
  expect(result).toContain('node.id=0');
  expect(result).toContain('log.retention.hours=1');
  expect(result.join('\n')).not.toMatch(/X:|=\/x/);
});
