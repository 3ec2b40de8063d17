import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { exampleTopology } from '../testing/example.ts';
import { variablesOf } from './service-variables.ts';

test.each([
  ['a', ['B_ADDRESS', 'BANK_URL', 'KAFKA_BROKERS', 'DEDUPLICATION_DAYS']],
  ['b', []],
  ['c', ['B_ADDRESS', 'KAFKA_BROKERS', 'DEDUPLICATION_DAYS']],
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
