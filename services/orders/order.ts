/** An order as data: what a client sends, what is stored, and what a client reads. All stages of orders share it. */
import { z } from 'zod';
import { skus } from '../contracts/catalogue.ts';
import { moneySchema } from '../contracts/money.ts';
import { paymentTokenNames } from '../contracts/payment-tokens.ts';

/**
 * Something to see, which a filler or a blank of Braille is not, and none of Unicode's control characters, lone surrogates, private-use characters, noncharacters, line
 * and paragraph separators, and characters that change the direction of the text around them. Emoji and joiners stay.
 */
const printable =
  /^(?=.*(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}])[^\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}]*$/u;

/** @param maxLength in UTF-16 code units */
const text = (maxLength: number) => {
  const rule = `must be 1 to ${maxLength} printable characters`;
  return z.string().min(1, rule).max(maxLength, rule).regex(printable, rule);
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
    // Even if an item breaks another rule, so that the client sees all errors at once.
    when: ({ value }) => Array.isArray(value),
  });

/** The customer of orders whose own customer was erased. No token can have it. */
export const erasedCustomer = 'windlass:erased';

/** A customer: the `sub` of a token. */
export const customerSchema = text(64).refine((id) => id !== erasedCustomer, 'is reserved for erased customers');

/** The body of `POST /v1/orders`. */
export const newOrderSchema = z.strictObject({
  customerId: z.string().exactOptional().meta({
    deprecated: true,
    description: "The customer is the token's `sub`. If given, it must be the same",
  }),
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

/** A valid order as a client sends it. */
export type NewOrder = z.output<typeof newOrderSchema>;

/** The same with its customer. */
export type Order = NewOrder & { readonly customerId: string };

/** The part of an order that goes into events: neither token nor address. */
export interface OrderItem {
  /** A later catalogue may not have it. */
  readonly sku: string;
  readonly quantity: number;
  /** As the customer was told; undefined if it is not known, see `priceItems`. */
  readonly unitPriceMinor?: number;
}

export interface OrderRequest {
  readonly idempotencyKey: string;
  readonly order: Order;
}

const statusSchema = z.enum(['pending', 'confirmed', 'fulfilled', 'cancelled']);

/** An accepted order as its customer sees it. */
export const orderViewSchema = z.object({
  orderId: z.uuid(),
  status: statusSchema,
  total: moneySchema,
  estimatedDelivery: z.iso.date(),
});

/** The body of `GET /v1/orders/{id}`. It adds the history of the order's status, oldest first. */
export const orderWithHistorySchema = orderViewSchema.extend({
  history: z.array(
    z.object({
      at: z.iso.datetime(),
      status: statusSchema,
      reason: z.string().exactOptional().meta({ description: 'Why it was cancelled' }),
    }),
  ),
});

export type OrderStatus = z.output<typeof statusSchema>;
export type OrderView = Readonly<z.output<typeof orderViewSchema>>;
export type OrderWithHistory = Readonly<z.output<typeof orderWithHistorySchema>>;

/** A line of an order that the stock cannot serve. */
export const shortageSchema = z.object({ sku: z.string(), requested: z.int(), available: z.int() });

type Shortage = Readonly<z.output<typeof shortageSchema>>;

/** The final result of a request to place an order. Its idempotency key returns this result from then on. */
export type Outcome =
  | { readonly kind: 'placed'; readonly order: OrderView }
  | { readonly kind: 'declined'; readonly reason: string }
  | { readonly kind: 'out-of-stock'; readonly items: readonly Shortage[] };

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** False for a string that is not a UUID. No order has such an id, and Postgres would reject it with an error. */
export function isOrderId(text: string): boolean {
  return uuid.test(text);
}

/** Accepts unchecked items, because this rule is checked together with the others and not after them. */
function hasEachSkuOnce(items: readonly unknown[]): boolean {
  const given = items.map((item) => (item as { sku?: unknown } | null)?.sku).filter((sku) => sku !== undefined);
  return new Set(given).size === given.length;
}
