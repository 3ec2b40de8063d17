import type { AcceptedOrder, EventRecord, OutboxRow, ShopState } from './state.ts';

const item = { sku: 'mug', quantity: 2 } as const;
const money = { amountMinor: 2_400, currency: 'USD' } as const;

/** A correct state: order `f` was fulfilled; order `c` was captured, then cancelled and its payment reversed. */
export const goodState: ShopState = {
  orders: [
    { id: 'f', status: 'fulfilled', items: [item], currency: 'USD', totalMinor: 2_400 },
    { id: 'c', status: 'cancelled', items: [item], currency: 'USD', totalMinor: 2_400 },
  ],
  sagas: ['f', 'c'].map((orderId) => ({ orderId, state: 'ended', isStuck: false })),
  steps: [
    { orderId: 'f', step: 'capture', state: 'done' },
    { orderId: 'c', step: 'capture', state: 'undone' },
  ],
  ledger: [
    { id: 'a1', orderId: 'f', kind: 'authorization', authorizationId: null, ...money },
    { id: 'a2', orderId: 'f', kind: 'capture', authorizationId: 'a1', ...money },
    { id: 'b1', orderId: 'c', kind: 'authorization', authorizationId: null, ...money },
    { id: 'b2', orderId: 'c', kind: 'capture', authorizationId: 'b1', ...money },
    { id: 'b3', orderId: 'c', kind: 'reversal', authorizationId: 'b1', ...money },
  ],
  stock: [
    { sku: 'mug', available: 999_998 },
    { sku: 'tee', available: 1_000_000 },
    { sku: 'hoodie', available: 1_000_000 },
    { sku: 'rare', available: 3 },
    { sku: 'gone', available: 0 },
  ],
  reservations: [{ orderId: 'f', ...item }],
  shipments: [
    { orderId: 'f', status: 'scheduled' },
    { orderId: 'c', status: 'failed' },
  ],
  emails: [
    { orderId: 'f', kind: 'order.placed' },
    { orderId: 'f', kind: 'order.fulfilled' },
    { orderId: 'c', kind: 'order.placed' },
    { orderId: 'c', kind: 'order.cancelled' },
  ],
  facts: [
    { orderId: 'f', wasPlaced: true, totalMinor: 2_400, currency: 'USD', outcome: 'fulfilled' },
    { orderId: 'c', wasPlaced: true, totalMinor: 2_400, currency: 'USD', outcome: 'cancelled' },
  ],
  outbox: [row(1n, 'e1', 'order.placed'), row(2n, 'e2', 'order.ready'), row(3n, 'e3', 'order.fulfilled')],
  // The relay died between publishing and marking, so the first two events are duplicates.
  records: [
    record(10n, 'e1', 'order.placed'),
    record(11n, 'e2', 'order.ready'),
    record(12n, 'e1', 'order.placed'),
    record(13n, 'e2', 'order.ready'),
    record(14n, 'e3', 'order.fulfilled'),
  ],
};

export const goodAccepted: readonly AcceptedOrder[] = [
  { orderId: 'f', status: 201 },
  { orderId: 'c', status: 202 },
];

function row(id: bigint, eventId: string, type: string): OutboxRow {
  return { database: 'orders', id, eventId, topic: 'orders.v1', subject: 'f', type, isPublished: true, isNew: true };
}

export function record(offset: bigint, eventId: string, type: string): EventRecord {
  return { topic: 'orders.v1', partition: 0, offset, key: 'f', eventId, type };
}
