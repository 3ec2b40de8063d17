/** `npm run customer` on the running system. */
import { randomUUID } from 'node:crypto';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { check, hasStatus, succeeded } from '../harness/check.ts';
import { send } from '../harness/http.ts';
import { goodOrder, orderRequest, readPlaced, waitForStatus } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();

const run = (...args: readonly string[]) =>
  execa('npm', ['run', '--silent', 'customer', '--', ...args], { cwd: root, reject: false });

it('everything about a customer is exported, and erased once no order is open', async () => {
  const customer = `c-${randomUUID()}`;
  const street = `Hidden Street ${customer}`;
  const order = { ...goodOrder, shippingAddress: { ...goodOrder.shippingAddress, street } };
  const request = () => orderRequest(cluster.ingressUrl, order, randomUUID(), { customer });
  const { orderId } = readPlaced(check(await send(request()), hasStatus(201)));
  await waitForStatus(cluster.ingressUrl, orderId, 'fulfilled');

  const exported = await run('export', customer);
  expect(exported.exitCode, exported.stderr).toBe(0);
  expect(JSON.parse(exported.stdout)).toMatchObject({
    orders: { orders: [{ orderId, status: 'fulfilled', shippingAddress: { street } }] },
    inventory: { reservations: [{ orderId, sku: 'mug', quantity: 2 }] },
    payments: { calls: [{ key: `authorize:${orderId}` }, { key: `capture:${orderId}` }] },
    fulfillment: { shipments: [{ orderId, status: 'scheduled' }] },
    notifications: { emails: [{ orderId }, { orderId }] },
    analytics: { facts: [{ orderId, outcome: 'fulfilled' }] },
  });

  await admin('payments').setFaults({
    match: '/windlass.payments.v1.Payments/Authorize',
    percent: 100,
    status: 'UNAVAILABLE',
  });
  const open = readPlaced(check(await send(request()), succeeded));
  const refused = await run('erase', customer);
  expect([refused.exitCode, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toContain(`The customer has 1 open order: ${open.orderId} (it is pending)`);

  await admin('payments').setFaults();
  await waitForStatus(cluster.ingressUrl, open.orderId, 'fulfilled');
  const tried = await run('erase', customer, '--dry-run');
  const erased = await run('erase', customer);
  expect([tried.exitCode, erased.exitCode], erased.stderr).toEqual([0, 0]);
  expect(erased.stdout).toMatch(/^orders: 2 orders anonymized$/m);
  expect(erased.stdout).toMatch(/^notifications: 4 e-mails deleted$/m);
  expect(tried.stdout).toContain('Nothing was changed: this was a dry run.');
  expect(tried.stdout).toMatch(/^orders: 2 orders anonymized$/m);
  const again = await run('erase', customer);
  expect(again.stdout).toMatch(/^orders: 0 orders anonymized$/m);
  const empty = await run('export', customer);
  expect(JSON.parse(empty.stdout)).toMatchObject({ orders: { orders: [] }, notifications: { emails: [] } });
  expect(await waitForStatus(cluster.ingressUrl, orderId, 'fulfilled'), 'the books stay').toMatchObject({ orderId });
}, 300_000);
