import { expect, it } from 'vitest';
import { send } from './harness/call.ts';
import { check, hasHeader, hasStatus } from './harness/check.ts';
import { consistently, eventually } from './harness/eventually.ts';
import { getOrder, goodOrder, orderCall, readPlaced, readStored } from './harness/order.ts';
import { useCluster } from './harness/use-cluster.ts';

const { cluster, admin } = useCluster();

it('answers an order with its total and where to read it, and tells of it as confirmed', async () => {
  const answer = check(await send(orderCall(cluster.ingressUrl)), hasStatus(201));
  const placed = readPlaced(answer);
  check(answer, hasHeader('location', `/v1/orders/${placed.orderId}`));
  expect(placed).toMatchObject({ status: 'confirmed', total: { currency: 'USD', amountMinor: 2_400 } });

  const stored = readStored(check(await getOrder(cluster.ingressUrl, placed.orderId), hasStatus(200)));
  expect(stored).toMatchObject(placed);
  expect(stored.history.at(-1)?.status).toBe('confirmed');
});

it('records the e-mail of an order once', async () => {
  const answer = check(await send(orderCall(cluster.ingressUrl)), hasStatus(201));
  const { orderId } = readPlaced(answer);
  const kinds = async () => (await admin('notifications').emails(orderId)).map(({ kind }) => kind);
  await eventually(async () => expect(await kinds()).toEqual(['order.placed']));
  await consistently(async () => expect(await kinds()).toEqual(['order.placed']), { durationMs: 3_000 });
});

it('answers 404 for an order that no one placed', async () => {
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
  const answer = check(await send(orderCall(cluster.ingressUrl, order)), hasStatus(201));
  expect(readPlaced(answer).total.amountMinor).toBe(3 * 2_500 + 5_900);
});
