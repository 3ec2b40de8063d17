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

test('a service opens as many connections as its environment has for it, and remembers events as the topology says', () => {
  expect(variablesOf('a', exampleTopology, environments.prod)).toMatchObject({
    DATABASE_POOL_SIZE: '5',
    DEDUPLICATION_DAYS: '9',
  });
});
