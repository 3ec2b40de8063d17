import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import type { Edge, Environment } from '../model/environment.ts';
import { edgeFits } from './edge.ts';

const valuesOf = (change: Partial<Edge>, faults: Environment['faults'] = 'off') =>
  edgeFits({ one: { edge: { ...environments.prod.edge, ...change }, faults } }).map(({ value }) => value);

test('our environments have no problem', () => {
  expect(edgeFits(environments)).toEqual([]);
});

test('any host, and plain HTTP, are for tests only', () => {
  const open = { hosts: ['*'], plainHttp: 'served' } as const;
  expect(valuesOf(open, 'on')).toEqual([]);
  expect(valuesOf(open)).toEqual(['edge.hosts = *', 'edge.plainHttp = served']);
});

test.each(['Shop.example', 'shop', '*.example', 'https://shop.example', '10.0.0.1', 'shop.example:443', ''])(
  '"%s" is no name that customers use',
  (host) => {
    expect(valuesOf({ hosts: ['shop.example', host] })).toEqual([`edge.hosts = ${host}`]);
  },
);

test('a name that is there twice is refused', () => {
  expect(valuesOf({ hosts: ['shop.example', 'a.example', 'shop.example'] })).toEqual(['edge.hosts = shop.example']);
});

test('without a name nothing is served', () => {
  expect(valuesOf({ hosts: [] })).toEqual(['edge.hosts = none']);
});

test.each([0, -1, 1.5, 1e9, Number.NaN])('%s is no limit', (requestsPerSecond) => {
  const value = `edge.perAddress.requestsPerSecond = ${requestsPerSecond}`;
  expect(valuesOf({ perAddress: { requestsPerSecond, burst: 10 } })).toEqual([value]);
});

test('a limit that never takes effect is refused', () => {
  expect(valuesOf({ perAddress: { requestsPerSecond: 100, burst: 99 } })).toEqual(['edge.perAddress.burst = 99']);
  expect(valuesOf({ ordersPerCustomer: { requestsPerSecond: 21, burst: 21 } })).toEqual([
    'edge.ordersPerCustomer.requestsPerSecond = 21',
  ]);
});

test('a burst above the one around it is refused, because it never takes effect', () => {
  expect(valuesOf({ ordersPerCustomer: { requestsPerSecond: 1, burst: 41 } })).toEqual([
    'edge.ordersPerCustomer.burst = 41',
  ]);
  expect(valuesOf({ perCustomer: { requestsPerSecond: 20, burst: 201 } })).toEqual(['edge.perCustomer.burst = 201']);
});
