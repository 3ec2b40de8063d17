/**
 * An order whose payment is slow, lost, unavailable or in doubt is accepted as pending. Its saga then completes or
 * cancels it, and never charges it twice.
 */
import { describe, expect, it } from 'vitest';
import { check, hasHeader, hasStatus, succeeded } from '../harness/check.ts';
import { consistently, eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import { scaleDeployment } from '../harness/kubectl.ts';
import { getOrder, goodOrder, orderRequest, readPlaced, readStored, waitForStatus } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();
const payments = { namespace: 'shop', name: 'payments' };
const paymentsRpc = '/windlass.payments.v1.Payments';

const withToken = (paymentToken: string) => orderRequest(cluster.ingressUrl, { ...goodOrder, paymentToken });

/** Places an order that must be accepted as pending. */
async function placePending(call = orderRequest(cluster.ingressUrl)): Promise<string> {
  const answer = check(await send(call), hasStatus(202));
  const { orderId, status } = readPlaced(answer);
  check(answer, hasHeader('location', `/v1/orders/${orderId}`));
  expect(status).toBe('pending');
  return orderId;
}

const fulfilled = (orderId: string) => waitForStatus(cluster.ingressUrl, orderId, 'fulfilled');

/** The effects in the acquirer's own ledger, one for each row: `['authorization', 'capture']`. */
const readEffects = async (orderId: string) => (await admin('acquirer').ledger(orderId)).map(({ kind }) => kind);

const chargedOnce = ['authorization', 'capture'];

it('an order with a slow card is fulfilled later, and its key still returns the pending response', async () => {
  const call = withToken('tok_slow');
  const orderId = await placePending(call);
  const { history } = await fulfilled(orderId);
  expect(history.map(({ status }) => status)).toEqual(['pending', 'confirmed', 'fulfilled']);
  expect(await readEffects(orderId)).toEqual(chargedOnce);
  const again = check(await send(call), hasStatus(202), hasHeader('idempotency-replayed', 'true'));
  expect(readPlaced(again)).toMatchObject({ orderId, status: 'pending' });
  const kinds = async () => (await admin('notifications').emails(orderId)).map(({ kind }) => kind);
  await eventually(async () => expect(await kinds()).toEqual(['order.placed', 'order.fulfilled']));
});

it('an authorization whose response is lost takes effect once', async () => {
  const { orderId } = readPlaced(check(await send(withToken('tok_lost')), succeeded));
  await fulfilled(orderId);
  expect(await readEffects(orderId)).toEqual(chargedOnce);
});

it('an order whose card is declined only after a timeout is cancelled and not charged', async () => {
  await admin('payments').setFaults({ match: `${paymentsRpc}/Authorize`, failFirst: 1, delayMs: 1_000 });
  const orderId = await placePending(withToken('tok_declined'));
  const { history } = await waitForStatus(cluster.ingressUrl, orderId, 'cancelled');
  expect(history.at(-1)?.reason).toBe('declined');
  expect(await readEffects(orderId)).toEqual([]);
});

describe('if payments carries out a call and then answers UNAVAILABLE', () => {
  it.each(['Authorize', 'Capture'])('to %s, the order is fulfilled and charged once', async (rpc) => {
    // More failures than the mesh makes attempts for orders, so that the saga's calls fail too.
    const fault = { failFirst: 4, status: 'UNAVAILABLE', carriedOut: true } as const;
    await admin('payments').setFaults({ match: `${paymentsRpc}/${rpc}`, ...fault });
    const { orderId } = readPlaced(check(await send(orderRequest(cluster.ingressUrl)), succeeded));
    await fulfilled(orderId);
    expect((await admin('payments').requestCounts()).byMatch[`${paymentsRpc}/${rpc}`]).toBeGreaterThan(4);
    expect(await readEffects(orderId)).toEqual(chargedOnce);
  });
});

it('while payments is unavailable, orders are pending; all are fulfilled within 60 s of its return', async () => {
  const orderIds: string[] = [];
  try {
    await scaleDeployment(cluster, payments, 0);
    for (let n = 0; n < 5; n++) orderIds.push(await placePending());
    const expectPending = async () => {
      for (const orderId of orderIds) {
        const answer = check(await getOrder(cluster.ingressUrl, orderId), hasStatus(200));
        expect(readStored(answer).status).toBe('pending');
      }
    };
    await consistently(expectPending, { durationMs: 10_000, intervalMs: 1_000 });
  } finally {
    await scaleDeployment(cluster, payments, 1);
  }
  await Promise.all(orderIds.map(fulfilled));
  for (const orderId of orderIds) expect(await readEffects(orderId)).toEqual(chargedOnce);
}, 240_000);
