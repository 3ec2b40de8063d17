import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { exampleTopology } from '../testing/example.ts';
import { variablesOf } from './service-variables.ts';

test.each([
  ['a', ['B_ADDRESS', 'BANK_URL', 'KAFKA_BROKERS']],
  ['b', []],
  ['c', ['B_ADDRESS', 'KAFKA_BROKERS']],
  ['bank', ['TLS_CERT_FILE', 'TLS_KEY_FILE']],
])('%s learns what it needs of what it uses, and no other address', (name, expected) => {
  const variables = Object.keys(variablesOf(name, exampleTopology, environments.dev));
  expect(variables.filter((variable) => !/^(OTEL_|FAULTS)/.test(variable))).toEqual(expected);
});
