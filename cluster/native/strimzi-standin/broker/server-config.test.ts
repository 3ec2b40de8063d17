import { expect, test } from 'vitest';
import { aKafka, aPool, mutualTls } from '../testing.ts';
import { serverConfig } from './server-config.ts';

const lines = (...args: Parameters<typeof serverConfig>): readonly string[] => serverConfig(...args).split('\n');

const host = 'events-dual-0.events-kafka-brokers.shop.svc';

test('the broker advertises the name of its pod below the brokers service', () => {
  expect(lines(aKafka(), aPool())).toContain(
    `advertised.listeners=REPLICATION-9091://${host}:9091,PLAIN-9092://${host}:9092`,
  );
});

test('a listener with authentication tls lets in only clients with a certificate of the clients authority', () => {
  const result = lines(aKafka({ listeners: [mutualTls] }), aPool());
  expect(result.find((line) => line.startsWith('listener.security'))).toBe(
    'listener.security.protocol.map=CONTROLPLANE-9090:SSL,REPLICATION-9091:SSL,TLS-9093:SSL',
  );
  expect(result).toContain('listener.name.tls-9093.ssl.client.auth=required');
  expect(result).toContain('listener.name.tls-9093.ssl.truststore.location=/opt/kafka/client-ca-certs/ca.crt');
});

test('operators and brokers prove who they are with a certificate of the cluster authority', () => {
  for (const listener of ['controlplane-9090', 'replication-9091']) {
    const result = lines(aKafka(), aPool());
    expect(result).toContain(`listener.name.${listener}.ssl.client.auth=required`);
    expect(result).toContain(`listener.name.${listener}.ssl.truststore.location=/opt/kafka/cluster-ca-certs/ca.crt`);
  }
});

test('only with authorization simple does the broker ask for ACLs, and brokers and operators need none', () => {
  const authorized = lines(aKafka({ authorization: { type: 'simple' } }), aPool());
  expect(authorized).toContain('authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer');
  expect(authorized).toContain('super.users=User:CN=events-kafka,O=io.strimzi;User:CN=cluster-operator,O=io.strimzi');
  expect(lines(aKafka(), aPool()).join()).not.toContain('authorizer');
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
