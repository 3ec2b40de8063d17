import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { environmentsHaveForm } from './environment-form.ts';

const valuesOf = (change: object) =>
  environmentsHaveForm({ prod: { ...environments.prod, ...change } }).map(({ value }) => value);
const { edge, kafka, tokens } = environments.prod;

test('our environments have no problem', () => {
  expect(environmentsHaveForm(environments)).toEqual([]);
});

test.each([
  [{ sidecar: {} }, ['cpuRequestMilli', 'memoryRequestMi', 'memoryLimitMi'].map((field) => `sidecar.${field} = none`)],
  [{ edge: { ...edge, perAddress: { requestsPerSecond: 100 } } }, ['edge.perAddress.burst = none']],
  [{ edge: undefined }, ['edge = none']],
  [{ edge: { ...edge, hosts: 'shop.example' } }, ['edge.hosts = "shop.example"']],
  [{ kafka: { ...kafka, brokers: '3' } }, ['kafka.brokers = "3"']],
  [{ tokens: { ...tokens, issuer: undefined } }, ['tokens.issuer = none']],
  [{ faults: 'Off' }, ['faults = "Off"']],
  [{ postgres: 'outside' }, ['postgres = "outside"']],
  [
    { partners: { acquirer: { host: 'a.io', port: 443, addresses: '9.9.9.9/32' } } },
    [expect.stringMatching(/^partners/)],
  ],
  [{ spread: 'host' }, ['spread = "host"']],
  [{ spread: ['host', 'host'] }, ['spread = ["host","host"]']],
])('%j is refused, and the field is named', (change, values) => {
  expect(valuesOf(change)).toEqual(values);
});

test('a field that no environment has is refused: it would have no effect', () => {
  const [problem] = environmentsHaveForm({ prod: { ...environments.prod, replica: { each: 3 } } });
  expect(problem?.message).toContain('replica');
});
