import { expect, it } from 'vitest';
import { check, hasHeader, hasStatus } from '../harness/check.ts';
import { consistently, eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import {
  getOrder,
  goodOrder,
  orderRequest,
  readPlaced,
  readStored,
  undeliverableOrder,
  waitForStatus,
} from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();

it('answers with the total and the location of an order, which is then stored as confirmed', async () => {
  const answer = check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201));
  const placed = readPlaced(answer);
  check(answer, hasHeader('location', `/v1/orders/${placed.orderId}`));
  expect(placed).toMatchObject({ status: 'confirmed', total: { currency: 'USD', amountMinor: 2_400 } });

  const { orderId, total } = placed;
  const stored = readStored(check(await getOrder(cluster.ingressUrl, orderId), hasStatus(200)));
  expect(stored).toMatchObject({ orderId, total });
  expect(stored.history[0]?.status).toBe('confirmed');
});

it('fulfills a confirmed order, and its history shows both statuses', async () => {
  const { orderId } = readPlaced(check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201)));
  const { history } = await waitForStatus(cluster.ingressUrl, orderId, 'fulfilled');
  expect(history.map(({ status }) => status)).toEqual(['confirmed', 'fulfilled']);
  expect(await admin('fulfillment').shipment(orderId)).toMatchObject({ status: 'scheduled' });
  const ledger = await admin('acquirer').ledger(orderId);
  expect(ledger.map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual([
    ['authorization', 2_400],
    ['capture', 2_400],
  ]);
});

it('cancels an order that cannot be shipped, reverses its payment, and gives the customer the reason', async () => {
  const answer = check(await send(orderRequest(cluster.ingressUrl, undeliverableOrder)), hasStatus(201));
  const { orderId } = readPlaced(answer);
  const { history } = await waitForStatus(cluster.ingressUrl, orderId, 'cancelled');
  expect(history.at(-1)).toMatchObject({ status: 'cancelled', reason: 'shipment-failed' });
  expect(await admin('fulfillment').shipment(orderId)).toEqual({
    status: 'failed',
    reason: 'the carrier does not serve AQ',
  });
  const ledger = await admin('acquirer').ledger(orderId);
  expect(ledger.map(({ kind }) => kind)).toEqual(['authorization', 'capture', 'reversal']);
  const kinds = async () => (await admin('notifications').emails(orderId)).map(({ kind }) => kind);
  await eventually(async () => expect(await kinds()).toEqual(['order.placed', 'order.cancelled']));
});

it('records each e-mail of an order once', async () => {
  const answer = check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201));
  const { orderId } = readPlaced(answer);
  const kinds = async () => (await admin('notifications').emails(orderId)).map(({ kind }) => kind);
  await eventually(async () => expect(await kinds()).toEqual(['order.placed', 'order.fulfilled']));
  await consistently(async () => expect(await kinds()).toHaveLength(2), { durationMs: 3_000 });
});

it('answers 404 for an order that does not exist', async () => {
  check(await getOrder(cluster.ingressUrl, '00000000-0000-4000-8000-000000000000'), hasStatus(404));
});

it('adds up the prices of all items', async () => {
  const order = {
    ...goodOrder,
    items: [
      { sku: 'tee', quantity: 3 },
      { sku: 'hoodie', quantity: 1 },
    ],
  };
  const answer = check(await send(orderRequest(cluster.ingressUrl, order)), hasStatus(201));
  expect(readPlaced(answer).total.amountMinor).toBe(3 * 2_500 + 5_900);
});
