import { readTokenIssuer, signToken } from '../credentials/tokens.ts';
import { pollUntil } from '../poll.ts';
import type { Ports } from '../settings.ts';

/**
 * The order that `make up` places. Its key never changes, so that a running system answers with the order that it has.
 */
const customer = 'demo';
const order = {
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: { name: 'A. Sailor', street: 'Quay 1', city: 'Bergen', postalCode: '5003', country: 'NO' },
  paymentToken: 'tok_ok',
};

export interface DemoOrder {
  readonly orderId: string;
  readonly status: 'confirmed' | 'pending';
  /** Whether an earlier run placed it. */
  readonly replayed: boolean;
}

/** Places the demo order through the gateway unless an earlier run did. Gives the mesh up to a minute to settle. */
export async function placeDemoOrder({ ingress }: Ports): Promise<DemoOrder> {
  const token = await signToken(await readTokenIssuer(), { customer });
  const url = `http://127.0.0.1:${ingress}/v1/orders`;
  return pollUntil(() => postDemoOrder(url, token), {
    timeoutMs: 60_000,
    intervalMs: 500,
    failure: (last) => `the demo order was not accepted: POST ${url} last gave ${last}`,
  });
}

async function postDemoOrder(url: string, token: string): Promise<DemoOrder> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': 'windlass-demo',
    },
    body: JSON.stringify(order),
    signal: AbortSignal.timeout(5_000),
  });
  const text = await response.text();
  // Pending counts as accepted: the saga completes the order, and the same key always gives the same response.
  if (response.status !== 201 && response.status !== 202) throw new Error(`${response.status} ${text}`);
  const { orderId, status } = JSON.parse(text) as { orderId: string; status: DemoOrder['status'] };
  return { orderId, status, replayed: response.headers.get('idempotency-replayed') === 'true' };
}
