import { examineEach, type Invariant, wrongIf } from '../invariant.ts';
import type { LedgerRow } from '../state.ts';

/** The ledger of the partner decides how much was charged. */
export const chargedThePriceOrNothing: Invariant = {
  name: 'charged-the-price-or-nothing',
  says: 'captures minus their reversals equal the price of a fulfilled order, and zero for a cancelled one',
  examine({ orders, ledger }) {
    const rowsOf = Map.groupBy(ledger, ({ orderId }) => orderId);
    return examineEach(orders, ({ id, status, totalMinor, currency }) => {
      const rows = rowsOf.get(id) ?? [];
      const expected = status === 'fulfilled' ? totalMinor : 0;
      const charged = chargedMinor(rows);
      const foreign = rows.filter((row) => row.currency !== currency);
      return [
        ...wrongIf(charged !== expected, `${status} order ${id} of ${totalMinor} was charged ${charged}`),
        ...foreign.map((row) => `order ${id} in ${currency} has a ${row.kind} in ${row.currency}`),
      ];
    });
  },
};

export const capturedAtMostOnce: Invariant = {
  name: 'captured-at-most-once',
  says: 'no order has more than one capture or one authorization',
  examine({ ledger }) {
    const byOrder = [...Map.groupBy(ledger, ({ orderId }) => orderId)];
    return examineEach(byOrder, ([orderId, rows]) =>
      (['authorization', 'capture'] as const).flatMap((kind) => {
        const count = rows.filter((row) => row.kind === kind).length;
        return wrongIf(count > 1, `order ${orderId} has ${count} rows of kind ${kind}`);
      }),
    );
  },
};

/** The outcome of an order determines that of its authorization, and no authorization exists without an order. */
export const ledgerAgreesWithOrders: Invariant = {
  name: 'ledger-agrees-with-orders',
  says: 'an authorization equals the price; it is captured for a fulfilled order, reversed for a cancelled or unknown one',
  examine({ orders, ledger }) {
    const orderOf = new Map(orders.map((order) => [order.id, order]));
    const authorizations = ledger.filter(({ kind }) => kind === 'authorization');
    const settled = new Set(ledger.map(({ kind, authorizationId }) => `${kind} ${authorizationId}`));
    return examineEach(authorizations, ({ id, orderId, amountMinor }) => {
      const order = orderOf.get(orderId);
      const isSettledBy = (kind: 'capture' | 'reversal') => settled.has(`${kind} ${id}`);
      if (order === undefined)
        return wrongIf(!isSettledBy('reversal'), `authorization of ${orderId}, an unknown order, was not reversed`);
      return [
        ...wrongIf(amountMinor !== order.totalMinor, `order ${orderId} of ${order.totalMinor} holds ${amountMinor}`),
        ...wrongIf(
          order.status === 'cancelled' && !isSettledBy('reversal'),
          `cancelled order ${orderId} still holds ${amountMinor}`,
        ),
        ...wrongIf(
          order.status === 'fulfilled' && (!isSettledBy('capture') || isSettledBy('reversal')),
          `fulfilled order ${orderId} was not captured, or was reversed`,
        ),
      ];
    });
  },
};

/** Ignores reversals without a capture, because they release an amount that was never charged. */
function chargedMinor(rows: readonly LedgerRow[]): number {
  const captures = rows.filter(({ kind }) => kind === 'capture');
  const captured = new Set(captures.map(({ authorizationId }) => authorizationId));
  const reversed = rows.filter(({ kind, authorizationId }) => kind === 'reversal' && captured.has(authorizationId));
  return sumMinor(captures) - sumMinor(reversed);
}

const sumMinor = (rows: readonly LedgerRow[]): number => rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
