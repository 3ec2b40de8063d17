import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { check, hasStatus } from './check.ts';
import { type EventuallyOptions, eventually } from './eventually.ts';
import { type HttpRequest, type HttpResponse, send } from './http.ts';
import { customerOf, oneLike, type Sender, support } from './tokens.ts';

/** A valid order for two mugs. Tests override its fields. */
export const goodOrder = {
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'NO' },
  paymentToken: 'tok_ok',
} as const;

const placedSchema = z.object({
  orderId: z.string().min(1),
  status: z.string(),
  total: z.object({ currency: z.string(), amountMinor: z.number() }),
});

const storedSchema = placedSchema.extend({
  history: z.array(z.object({ at: z.string(), status: z.string(), reason: z.string().optional() })),
});

export type PlacedOrder = z.infer<typeof placedSchema>;
export type StoredOrder = z.infer<typeof storedSchema>;

/** An order to an address that the carrier does not serve. The saga compensates its steps and cancels it. */
export const undeliverableOrder = {
  ...goodOrder,
  shippingAddress: { ...goodOrder.shippingAddress, country: 'AQ' },
} as const;

/**
 * The request POST /v1/orders.
 * @param key a new idempotency key by default
 * @param as its sender. By default one of many customers, always the same one for a key
 */
export function orderRequest(
  ingressUrl: string,
  order: unknown = goodOrder,
  key: string = randomUUID(),
  as: Sender = customerOf(key),
): HttpRequest {
  return {
    as,
    method: 'POST',
    url: `${ingressUrl}/v1/orders`,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(order),
  };
}

export const readPlaced = (answer: HttpResponse): PlacedOrder => placedSchema.parse(JSON.parse(answer.text));

/** Reads an order of any customer, as support does. */
export function getOrder(ingressUrl: string, orderId: string): Promise<HttpResponse> {
  return send({ url: `${ingressUrl}/v1/orders/${orderId}`, as: oneLike(support) });
}

/** Waits until the order has the status, and returns the order with its history. */
export function waitForStatus(
  ingressUrl: string,
  orderId: string,
  status: string,
  options: EventuallyOptions = { timeoutMs: 60_000 },
): Promise<StoredOrder> {
  return eventually(async () => {
    const order = readStored(check(await getOrder(ingressUrl, orderId), hasStatus(200)));
    const history = order.history.map((entry) => [entry.status, entry.reason].join(' ').trim()).join(', ');
    if (order.status !== status) throw new Error(`order ${orderId} is not ${status}: ${history}`);
    return order;
  }, options);
}

export const readStored = (answer: HttpResponse): StoredOrder => storedSchema.parse(JSON.parse(answer.text));
