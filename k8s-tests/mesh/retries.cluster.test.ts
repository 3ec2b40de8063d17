import { beforeEach, describe, expect, it } from 'vitest';
import { check, hasStatus } from '../harness/check.ts';
import { headerOf, send } from '../harness/http.ts';
import { orderRequest, readPlaced } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin, routes } = useCluster();
const checkRpc = '/windlass.inventory.v1.Inventory/Check';

/** How many Check requests arrived at inventory: in total, and for that request id. */
async function countRequests(requestId: string) {
  const { byMatch, byRequestId } = await admin('inventory').requestCounts();
  return { all: byMatch[checkRpc] ?? 0, ofRequest: byRequestId[requestId]?.[checkRpc] ?? 0 };
}

describe('when the first two Check calls fail', () => {
  beforeEach(async () => {
    // Faults are counted per pod, and Envoy retries on another pod if there is one, so both failures need the same pod.
    await cluster.onlyPod('shop', 'app=inventory');
    await admin('inventory').setFaults({ match: checkRpc, failFirst: 2, status: 'UNAVAILABLE' });
  });

  it('the mesh retries, inventory gets exactly three requests, and the order is confirmed', async () => {
    const answer = check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201));
    expect(readPlaced(answer).status).toBe('confirmed');
    expect(await countRequests(headerOf(answer, 'x-request-id'))).toEqual({ all: 3, ofRequest: 3 });
  });

  it('and a patch turns retries off, inventory gets exactly one request, and the order is pending', async () => {
    await routes.patch('inventory', 'orders.Check', { attempts: 0 });
    const answer = check(await send(orderRequest(cluster.ingressUrl)), hasStatus(202));
    expect(readPlaced(answer).status).toBe('pending');
    expect(await countRequests(headerOf(answer, 'x-request-id'))).toEqual({ all: 1, ofRequest: 1 });
  });
});

it('no proxy retries a call that succeeds: one order is one request to each service', async () => {
  check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201));
  expect((await admin('inventory').requestCounts()).byMatch[checkRpc]).toBe(1);
  expect((await admin('payments').requestCounts()).byMatch['/windlass.payments.v1.Payments/Authorize']).toBe(1);
  expect((await admin('acquirer').requestCounts()).byMatch['/v1/authorizations']).toBe(1);
});
