import { expect, test } from 'vitest';
import { kafkaEndpoint } from './kafka-endpoint.ts';

const files = { KAFKA_CA_FILE: '/ca', KAFKA_CERT_FILE: '/cert', KAFKA_KEY_FILE: '/key' };
const brokers = ['kafka:9093'];

test('with its files a service connects by TLS, and without all of them in plain text', () => {
  expect(kafkaEndpoint({ KAFKA_BROKERS: brokers, ...files })).toEqual({
    brokers,
    tls: { caFile: '/ca', certFile: '/cert', keyFile: '/key' },
  });
  expect(kafkaEndpoint({ KAFKA_BROKERS: brokers })).toEqual({ brokers });
});

test.each(Object.keys(files))('%s alone is an error, not a connection in plain text', (name) => {
  expect(() => kafkaEndpoint({ KAFKA_BROKERS: brokers, [name]: '/file' })).toThrow(
    'set all of KAFKA_CA_FILE, KAFKA_CERT_FILE and KAFKA_KEY_FILE, or none of them',
  );
});
