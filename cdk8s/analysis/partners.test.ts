import { expect, test } from 'vitest';
import { environments } from '../environments.ts';
import type { Environment } from '../model/environment.ts';
import { exampleTopology } from '../testing/example.ts';
import { topology } from '../topology.ts';
import { partnersFit } from './partners.ts';

const bank = { host: 'api.bank.com', port: 443, addresses: ['8.8.4.0/24'] };

function problemsOf(change: Partial<Pick<Environment, 'partners' | 'postgres' | 'faults'>>) {
  const environment = { partners: { bank }, postgres: 'in-cluster', faults: 'off', ...change } as const;
  return partnersFit(exampleTopology, { prod: environment }).map(({ value }) => value);
}

test('our environments have no problem', () => {
  expect(partnersFit(topology, environments)).toEqual([]);
});

test('customers never pay a simulation', () => {
  expect(problemsOf({ partners: 'simulated' })).toEqual(['partners = simulated']);
  expect(problemsOf({ partners: 'simulated', faults: 'on' })).toEqual([]);
});

test('each partner of the topology has its servers, and no other has', () => {
  expect(problemsOf({ partners: {} })).toEqual(['partners.bank = none']);
  expect(problemsOf({ partners: { bank, a: bank } })).toEqual(['partners = a']);
});

test.each([
  [{ ...bank, host: 'Bank' }, 'partners.bank.host = Bank'],
  [{ ...bank, host: '8.8.4.4' }, 'partners.bank.host = 8.8.4.4'],
  [{ ...bank, host: 'a.shop.svc' }, 'partners.bank.host = a.shop.svc'],
  [{ ...bank, host: 'a.shop.svc.cluster.local' }, 'partners.bank.host = a.shop.svc.cluster.local'],
  [{ ...bank, port: 0 }, 'partners.bank.port = 0'],
  [{ ...bank, addresses: [] }, 'partners.bank.addresses = none'],
  [{ ...bank, addresses: ['8.8.4.4'] }, 'partners.bank.addresses = 8.8.4.4'],
  [{ ...bank, addresses: ['8.8.4.0/33'] }, 'partners.bank.addresses = 8.8.4.0/33'],
  [{ ...bank, addresses: ['0.0.0.0/0'] }, 'partners.bank.addresses = 0.0.0.0/0'],
  [{ ...bank, addresses: ['::/0'] }, 'partners.bank.addresses = ::/0'],
])('%j is refused', (servers, value) => {
  expect(problemsOf({ partners: { bank: servers } })).toEqual([value]);
});

test.each([
  ...['127.0.0.0/8', '169.254.169.254/32', '169.0.0.0/8', '0.0.0.0/32', '239.1.1.1/32', '::/128', '::/8', '::1/128'],
  ...['fe80::1/128', 'fe00::/8', '::ffff:0:0/96', '::ffff:8.8.4.4/128', 'fd00:ec2::/32', 'ff02::1/128'],
])('%s has an address that is never outside', (address) => {
  expect(problemsOf({ partners: { bank: { ...bank, addresses: [address] } } })).toEqual([
    `partners.bank.addresses = ${address}`,
  ]);
});

test('the same holds for the addresses of Postgres', () => {
  expect(problemsOf({ postgres: { port: 5432, addresses: ['10.1.2.3/32', 'fd00::1/128'] } })).toEqual([]);
  expect(problemsOf({ postgres: { port: 5432, addresses: ['db.shop.com'] } })).toEqual([
    'postgres.addresses = db.shop.com',
  ]);
});
