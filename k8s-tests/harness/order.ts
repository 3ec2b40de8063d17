import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Answer, type Call, send } from './call.ts';

/** A good order for two mugs; tests spread their change over it. */
export const goodOrder = {
  customerId: 'c-1',
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
  history: z.array(z.object({ at: z.string(), status: z.string() })),
});

export type PlacedOrder = z.infer<typeof placedSchema>;
export type StoredOrder = z.infer<typeof storedSchema>;

/** POST /v1/orders as data: a new idempotency key, unless the test says which. */
export function orderCall(ingressUrl: string, order: unknown = goodOrder, key: string = randomUUID()): Call {
  return {
    method: 'POST',
    url: `${ingressUrl}/v1/orders`,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(order),
  };
}

export const readPlaced = (answer: Answer): PlacedOrder => placedSchema.parse(JSON.parse(answer.text));

export function getOrder(ingressUrl: string, orderId: string): Promise<Answer> {
  return send({ url: `${ingressUrl}/v1/orders/${orderId}` });
}

export const readStored = (answer: Answer): StoredOrder => storedSchema.parse(JSON.parse(answer.text));
