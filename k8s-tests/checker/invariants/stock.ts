import { examineEach, type Invariant, wrongIf } from '../invariant.ts';
import type { ReservationRow } from '../state.ts';

/** The quantity of each SKU in the catalogue, from the design. A reset restores it. */
const initialStock: Readonly<Record<string, number>> = {
  mug: 1_000_000,
  tee: 1_000_000,
  hoodie: 1_000_000,
  rare: 3,
  gone: 0,
};

export const stockIsConserved: Invariant = {
  name: 'stock-is-conserved',
  says: 'available and reserved quantities add up to the initial stock, and neither is negative',
  examine({ stock, reservations }) {
    const reserved = quantitiesBySku(reservations);
    const available = new Map(stock.map((row) => [row.sku, row.available]));
    const skus = [...new Set([...Object.keys(initialStock), ...available.keys()])];
    return examineEach(skus, (sku) => {
      const left = available.get(sku);
      if (left === undefined) return [`${sku} is not in the stock table`];
      const held = reserved.get(sku) ?? 0;
      const initial = initialStock[sku] ?? 0;
      return [
        ...wrongIf(left < 0 || held < 0, `${sku}: ${left} available, ${held} reserved`),
        ...wrongIf(left + held !== initial, `${sku}: ${left} available and ${held} reserved are not ${initial}`),
      ];
    });
  },
};

export const stockAgreesWithOrders: Invariant = {
  name: 'stock-agrees-with-orders',
  says: 'a fulfilled order has its items reserved, and a cancelled one has none',
  examine({ orders, reservations }) {
    const rowsOf = Map.groupBy(reservations, ({ orderId }) => orderId);
    return examineEach(orders, ({ id, status, items }) => {
      const held = describe(quantitiesBySku(rowsOf.get(id) ?? []));
      const expected = status === 'fulfilled' ? describe(quantitiesBySku(items)) : '';
      return wrongIf(held !== expected, `${status} order ${id} holds [${held}], expected [${expected}]`);
    });
  },
};

function quantitiesBySku(rows: readonly Pick<ReservationRow, 'sku' | 'quantity'>[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of rows) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  return sums;
}

const describe = (quantities: ReadonlyMap<string, number>): string =>
  [...quantities]
    .map(([sku, quantity]) => `${quantity} ${sku}`)
    .sort()
    .join(', ');
