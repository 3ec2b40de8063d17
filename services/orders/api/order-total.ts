import { invalid } from '../../lib/runtime/validate.ts';

/**
 * What the items cost together, in the currency's minor unit.
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
