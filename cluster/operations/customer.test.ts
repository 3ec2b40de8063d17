import { execa } from 'execa';
import { expect, test } from 'vitest';
import { root } from '../paths.ts';
import { type CustomerRequest, describeErasure, eraseCustomer, exportCustomer, programOf } from './customer.ts';

const orders = { orders: [{ orderId: 'o-2' }, { orderId: 'o-1' }], idempotencyKeys: [{ orderId: 'o-2' }] };

function recorder() {
  const asked: [string, CustomerRequest][] = [];
  const ask = async (service: string, request: CustomerRequest): Promise<object> => {
    asked.push([service, request]);
    return service === 'orders-worker' && request.action === 'export' ? orders : { of: service };
  };
  return { asked, ask };
}

test('an export asks orders for the orders of the customer, and all others about these', async () => {
  const { asked, ask } = recorder();
  const document = await exportCustomer('c-1', ask);
  expect(Object.keys(document)).toEqual([
    'orders',
    'inventory',
    'payments',
    'fulfillment',
    'notifications',
    'analytics',
  ]);
  expect(document.orders).toBe(orders);
  expect(asked[0]).toEqual(['orders-worker', { action: 'export', subject: { id: 'c-1', records: [] } }]);
  for (const [, request] of asked.slice(1))
    expect(request).toEqual({ action: 'export', subject: { id: 'c-1', records: ['o-1', 'o-2'] } });
});

test('an erasure begins with orders, which may refuse, and then nothing else is asked', async () => {
  const { asked, ask } = recorder();
  await eraseCustomer('c-1', { isDryRun: false }, ask);
  expect(asked.map(([service, { action }]) => [service, action])).toEqual([
    ['orders-worker', 'erase'],
    ['notifications', 'erase'],
  ]);
  const refused: string[] = [];
  const refusing = (service: string) => {
    refused.push(service);
    return Promise.reject(new Error('open orders'));
  };
  await expect(eraseCustomer('c-1', { isDryRun: false }, refusing)).rejects.toThrow('open orders');
  expect(refused).toEqual(['orders-worker']);
});

test('a dry run asks every service for one', async () => {
  const { asked, ask } = recorder();
  await eraseCustomer('c-1', { isDryRun: true }, ask);
  expect(new Set(asked.map(([, { action }]) => action))).toEqual(new Set(['try-erase']));
});

test('what was erased is listed, with how long Kafka and backups still have the data', () => {
  const topics = [
    { name: 'orders.v1', days: 8 },
    { name: 'a.dlq', days: 31 },
  ];
  const text = describeErasure({ orders: { 'orders anonymized': 2 } }, topics, true);
  expect(text).toMatch(/^orders: 2 orders anonymized\nNothing was changed: this was a dry run.\n/);
  expect(text).toMatch(/topics for at most 8 days, dead-letter topics for at most 31 days/);
});

test.each(['orders-worker', 'inventory', 'payments', 'fulfillment', 'notifications', 'analytics'] as const)(
  '%s has a program for it',
  async (service) => {
    const program = `${root}/services/${programOf(service)}`;
    const { exitCode, stderr } = await execa(process.execPath, [program], { input: 'no JSON', reject: false });
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/JSON/)]);
  },
);

test.each([
  [['--help'], 0, /export .*erase/s],
  [['erase', '--help'], 0, /--dry-run/],
  [['erase'], 2, /missing required argument/],
  [['forget', 'c-1'], 2, /unknown command/],
  [['export', 'c'.repeat(65)], 2, /1 to 64 characters/],
])('npm run customer -- %j ends with %i', async (args, code, output) => {
  const ended = await execa(process.execPath, [`${root}/cluster/commands/customer.ts`, ...args], {
    reject: false,
    all: true,
  });
  expect([ended.exitCode, ended.all]).toEqual([code, expect.stringMatching(output)]);
});
