import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { exampleTopology } from '../testing/example.ts';
import { variablesOf } from './service-variables.ts';

const kafka = ['KAFKA_BROKERS', 'KAFKA_CA_FILE', 'KAFKA_CERT_FILE', 'KAFKA_KEY_FILE', 'DEDUPLICATION_DAYS'];

test.each([
  ['a', ['B_ADDRESS', 'BANK_URL', ...kafka]],
  ['b', []],
  ['c', ['B_ADDRESS', ...kafka]],
  ['bank', ['TLS_CERT_FILE', 'TLS_KEY_FILE']],
])('%s learns what it needs of what it uses, and no other address', (name, expected) => {
  const variables = Object.keys(variablesOf(name, exampleTopology, environments.dev));
  expect(variables.filter((variable) => !/^(OTEL_|FAULTS|DATABASE_)/.test(variable))).toEqual(expected);
});

test('only a service that keeps payment tokens or records has their variables', () => {
  const services = {
    ...exampleTopology.services,
    a: { ...exampleTopology.services.a, keeps: ['payment-tokens', 'records'] as const },
  };
  const topology = { ...exampleTopology, services };
  expect(variablesOf('a', topology, environments.dev)).toMatchObject({
    PAYMENT_TOKEN_KEYS_FILE: '/etc/payment-token-keys/keys.json',
    RECORD_RETENTION_DAYS: '400',
  });
});

test('a service opens as many connections as its environment has for it, and remembers events as the topology says', () => {
  expect(variablesOf('a', exampleTopology, environments.prod)).toMatchObject({
    DATABASE_POOL_SIZE: '5',
    DEDUPLICATION_DAYS: '9',
  });
});
