import { expect, test } from 'vitest';
import { Rejection } from '../conditions.ts';
import { aKafka, aPool, mutualTls } from '../testing.ts';
import { validate } from './validate.ts';

/** The reason and message with which a Kafka is rejected. */
function rejection(...args: Parameters<typeof validate>): Pick<Rejection, 'reason' | 'message'> {
  try {
    validate(...args);
  } catch (error) {
    if (error instanceof Rejection) return { reason: error.reason, message: error.message };
    throw error;
  }
  throw new Error('not rejected');
}

test('one node that is controller and broker is accepted', () => {
  expect(validate(aKafka(), [aPool()]).metadata.name).toBe('dual');
});

test("a version that Strimzi does not know is rejected in Strimzi's words", () => {
  expect(rejection(aKafka({ version: '4.1.0' }), [aPool()])).toEqual({
    reason: 'UnsupportedKafkaVersionException',
    message: 'Unsupported Kafka.spec.kafka.version: 4.1.0. Supported versions are: [4.2.0, 4.2.1, 4.3.0, 4.3.1]',
  });
});

test("a Kafka without a pool is rejected in Strimzi's words", () => {
  expect(rejection(aKafka(), [])).toEqual({
    reason: 'InvalidConfigurationException',
    message: 'No KafkaNodePools found for Kafka cluster events',
  });
});

test("a replication factor above the number of brokers is rejected in Strimzi's words", () => {
  expect(rejection(aKafka({ config: { 'default.replication.factor': 3 } }), [aPool()])).toEqual({
    reason: 'InvalidResourceException',
    message:
      "Kafka configuration option 'default.replication.factor' should be set to 1 " +
      'because this cluster has only 1 Kafka broker(s).',
  });
});

test('a renewal period that is not shorter than the validity is rejected, and the error names the authority', () => {
  expect(rejection(aKafka({}, { clientsCa: { validityDays: 30, renewalDays: 30 } }), [aPool()])).toEqual({
    reason: 'InvalidResourceException',
    message: 'spec.clientsCa.renewalDays is 30, and must be less than validityDays, 30',
  });
});

test('a listener with mutual TLS and authorization simple are accepted', () => {
  const kafka = aKafka({ listeners: [mutualTls], authorization: { type: 'simple' } });
  expect(validate(kafka, [aPool()]).metadata.name).toBe('dual');
});

test.each([
  ['another version that Strimzi has', aKafka({ version: '4.2.0' }), [aPool()]],
  ['three nodes', aKafka(), [aPool({ replicas: 3 })]],
  ['a pool of brokers only', aKafka(), [aPool({ roles: ['broker'] })]],
  ['two pools', aKafka(), [aPool(), aPool()]],
  [
    'two volumes',
    aKafka(),
    [aPool({ storage: { type: 'jbod', volumes: [{ type: 'ephemeral' }, { type: 'ephemeral' }] } })],
  ],
  [
    'a listener with passwords',
    aKafka({ listeners: [{ ...mutualTls, authentication: { type: 'scram-sha-512' } }] }),
    [aPool()],
  ],
  ['a listener without TLS that wants certificates', aKafka({ listeners: [{ ...mutualTls, tls: false }] }), [aPool()]],
  ['a load balancer', aKafka({ listeners: [{ ...mutualTls, type: 'loadbalancer' }] }), [aPool()]],
  ['authorization by a custom class', aKafka({ authorization: { type: 'custom' } }), [aPool()]],
  ["the user's own authority", aKafka({}, { clusterCa: { generateCertificateAuthority: false } }), [aPool()]],
])('%s is rejected as not supported by the stand-in', (_, kafka, pools) => {
  expect(rejection(kafka, pools).reason).toBe('NotSupportedByStandIn');
});
