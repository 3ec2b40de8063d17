import { setTimeout as sleep } from 'node:timers/promises';
import type { Ports } from './settings.ts';

/** The order that `make up` places; its key is the same each time, so that a running system answers with the order it has. */
const order = {
  customerId: 'demo',
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: { name: 'A. Sailor', street: 'Quay 1', city: 'Bergen', postalCode: '5003', country: 'NO' },
  paymentToken: 'tok_ok',
};

/** Places the demo order through the gateway, if that was not done before; waits a while for the mesh to have settled. */
export async function placeDemoOrder({ ingress }: Ports): Promise<{ orderId: string; replayed: boolean }> {
  const url = `http://127.0.0.1:${ingress}/v1/orders`;
  let last = '';
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(500)) {
    try {
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'windlass-demo' };
      const answer = await fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify(order),
        signal: AbortSignal.timeout(5_000),
      });
      const text = await answer.text();
      // Pending is taken, too: its saga goes on, and the same key gives the same answer for ever.
      if (answer.status === 201 || answer.status === 202) {
        const { orderId } = JSON.parse(text) as { orderId: string };
        return { orderId, replayed: answer.headers.get('idempotency-replayed') === 'true' };
      }
      last = `${answer.status} ${text}`;
    } catch (error) {
      last = String(error);
    }
  }
  throw new Error(`the demo order was not taken: POST ${url} last gave ${last}`);
}
