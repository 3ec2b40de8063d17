import { z } from 'zod';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { invalid, parse } from '../../lib/runtime/validate.ts';
import { newOrderSchema, type OrderItem, type OrderRequest } from '../order.ts';

/** The headers that `POST /v1/orders` reads. */
export const headersSchema = z.object({
  'Idempotency-Key': z.string().regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters'),
});

/**
 * Reads an order of a customer.
 * @throws DomainError `forbidden` if the body names another customer; `invalid` with the errors of header and body at
 *   once
 */
export function readOrderRequest(customerId: string, idempotencyKey: string | undefined, body: unknown): OrderRequest {
  requireOwn(customerId, body);
  const headers = parse(headersSchema, { 'Idempotency-Key': idempotencyKey });
  const order = parse(newOrderSchema, body);
  // The customer comes first: fingerprints depend on the order of the fields.
  if (headers.success && order.success)
    return { idempotencyKey: headers.data['Idempotency-Key'], order: { customerId, ...order.data } };
  throw invalid('order', [...headers.errors, ...order.errors]);
}

function requireOwn(customerId: string, body: unknown): void {
  const { customerId: named } = (body ?? {}) as { customerId?: unknown };
  if (named === undefined || named === customerId) return;
  const errors = [{ field: 'customerId', message: "must be the token's customer, or left out" }];
  throw new DomainError('forbidden', 'The order names another customer than its token.', { errors });
}

/**
 * The total of the items in the currency's minor unit.
 * @throws DomainError `invalid` above 2^53 - 1, where a number no longer counts cents
 */
export function totalMinor<Sku extends string>(
  items: readonly { readonly sku: Sku; readonly quantity: number }[],
  prices: Readonly<Record<Sku, { readonly unitPriceMinor: number }>>,
): number {
  const total = items.reduce((sum, { sku, quantity }) => sum + prices[sku].unitPriceMinor * quantity, 0);
  if (Number.isSafeInteger(total)) return total;
  throw invalid('order', [{ field: 'items', message: `must cost at most ${Number.MAX_SAFE_INTEGER} minor units` }]);
}

/**
 * The items with the prices that their customer was told. An earlier request with the same key may have been told
 * others: then the prices do not add up to its total, and none is given.
 */
export function priceItems<Sku extends string>(
  items: readonly { readonly sku: Sku; readonly quantity: number }[],
  prices: Readonly<Record<Sku, { readonly unitPriceMinor: number }>>,
  total: number,
): readonly OrderItem[] {
  if (totalMinor(items, prices) !== total) return items;
  return items.map(({ sku, quantity }) => ({ sku, quantity, unitPriceMinor: prices[sku].unitPriceMinor }));
}
