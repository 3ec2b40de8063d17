import { z } from 'zod';
import { skus } from '../../contracts/catalogue.ts';
import { paymentTokenNames } from '../../contracts/payment-tokens.ts';
import { findFieldErrors, invalid } from '../../lib/runtime/validate.ts';

/** Printable means no control characters and not only spaces. @param maxLength in UTF-16 code units */
const text = (maxLength: number) => {
  const rule = `must be 1 to ${maxLength} printable characters`;
  return z
    .string()
    .min(1, rule)
    .max(maxLength, rule)
    .regex(/^\P{Cc}*$/u, rule)
    .regex(/\S/, rule);
};

const quantityRule = 'must be a whole number from 1 to 1000';
const itemsRule = 'must hold 1 to 50 items';

const itemSchema = z.strictObject({
  sku: z.enum(skus, `must be one of ${skus.join(', ')}`),
  quantity: z.int(quantityRule).min(1, quantityRule).max(1000, quantityRule),
});

const itemsSchema = z
  .array(itemSchema)
  .min(1, itemsRule)
  .max(50, itemsRule)
  .refine(hasEachSkuOnce, {
    message: 'must hold each SKU once',
    // Also when an item is wrong otherwise: all errors at once.
    when: ({ value }) => Array.isArray(value),
  });

/** The body of `POST /v1/orders`. */
export const orderSchema = z.strictObject({
  customerId: text(64),
  items: itemsSchema,
  shippingAddress: z.strictObject({
    name: text(200),
    street: text(200),
    city: text(200),
    postalCode: text(20),
    country: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 country code of two capital letters'),
  }),
  paymentToken: z.enum(paymentTokenNames, 'must be a known payment token'),
});

/** The headers that `POST /v1/orders` heeds. */
export const headersSchema = z.object({
  'Idempotency-Key': z.string().regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters'),
});

/** A valid order as a customer sends it. */
export type Order = z.output<typeof orderSchema>;

export interface OrderRequest {
  readonly idempotencyKey: string;
  readonly order: Order;
}

/** @throws DomainError `invalid` with the errors of header and body at once */
export function readOrderRequest(idempotencyKey: string | undefined, body: unknown): OrderRequest {
  const headers = { 'Idempotency-Key': idempotencyKey };
  const errors = [...findFieldErrors(headersSchema, headers), ...findFieldErrors(orderSchema, body)];
  if (errors.length > 0) throw invalid('order', errors);
  return { idempotencyKey: headersSchema.parse(headers)['Idempotency-Key'], order: orderSchema.parse(body) };
}

/** Looks at whatever the array holds: this rule is checked beside the others, not after them. */
function hasEachSkuOnce(items: readonly unknown[]): boolean {
  const given = items.map((item) => (item as { sku?: unknown } | null)?.sku).filter((sku) => sku !== undefined);
  return new Set(given).size === given.length;
}
