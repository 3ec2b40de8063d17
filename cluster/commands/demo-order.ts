import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../run.ts';
import type { Ports } from '../settings.ts';

/** The order that `make up` places; its key is the same each time, so that a running system answers with the order it has. */
const order = {
  customerId: 'demo',
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: { name: 'A. Sailor', street: 'Quay 1', city: 'Bergen', postalCode: '5003', country: 'NO' },
  paymentToken: 'tok_ok',
};

export interface DemoOrder {
  readonly orderId: string;
  readonly status: 'confirmed' | 'pending';
  /** Whether an earlier run has placed it. */
  readonly replayed: boolean;
}

/** Places the demo order through the gateway, if that was not done before; waits a while for the mesh to have settled. */
export async function placeDemoOrder({ ingress }: Ports): Promise<DemoOrder> {
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
      // Pending is accepted, too: its saga goes on, and the same key always gives the same answer.
      if (answer.status === 201 || answer.status === 202) {
        const { orderId, status } = JSON.parse(text) as { orderId: string; status: DemoOrder['status'] };
        return { orderId, status, replayed: answer.headers.get('idempotency-replayed') === 'true' };
      }
      last = `${answer.status} ${text}`;
    } catch (error) {
      last = String(error);
    }
  }
  throw new CommandError(`the demo order was not accepted: POST ${url} last gave ${last}`);
}
