import { examineEach, type Invariant, wrongIf } from '../invariant.ts';
import type { LedgerRow } from '../state.ts';

/** The partner's book is the truth about money. */
export const chargedThePriceOrNothing: Invariant = {
  name: 'charged-the-price-or-nothing',
  says: "captures minus their reversals are a fulfilled order's price, and nothing for a cancelled one",
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

/** Both ways: an order's end says what its authorization's is, and money is held for no one but our orders. */
export const ledgerAgreesWithOrders: Invariant = {
  name: 'ledger-agrees-with-orders',
  says: 'an authorization is the price; it is captured for a fulfilled order, and reversed for a cancelled or unknown one',
  examine({ orders, ledger }) {
    const orderOf = new Map(orders.map((order) => [order.id, order]));
    const authorizations = ledger.filter(({ kind }) => kind === 'authorization');
    const settled = new Set(ledger.map(({ kind, authorizationId }) => `${kind} ${authorizationId}`));
    return examineEach(authorizations, ({ id, orderId, amountMinor }) => {
      const order = orderOf.get(orderId);
      const isSettledBy = (kind: 'capture' | 'reversal') => settled.has(`${kind} ${id}`);
      if (order === undefined)
        return wrongIf(!isSettledBy('reversal'), `authorization of ${orderId}, which is no order, was not reversed`);
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

/** A reversal without a capture gives back what was only held. */
function chargedMinor(rows: readonly LedgerRow[]): number {
  const captures = rows.filter(({ kind }) => kind === 'capture');
  const captured = new Set(captures.map(({ authorizationId }) => authorizationId));
  const undone = rows.filter(({ kind, authorizationId }) => kind === 'reversal' && captured.has(authorizationId));
  return sumMinor(captures) - sumMinor(undone);
}

const sumMinor = (rows: readonly LedgerRow[]): number => rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
