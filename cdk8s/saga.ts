import type { Saga, Undo } from './model/saga-step.ts';

/** Gives money back, whether it is held or taken: one call undoes both. */
const reverse = {
  kind: 'call',
  caller: 'orders-worker',
  rpc: 'payments.Reverse',
  event: { topic: 'payments.v1', type: 'payment.reversed' },
} as const satisfies Undo;

/**
 * How an order gets from placed to fulfilled or cancelled: steps, compensations and events. What each call may take and how
 * often it is tried stands in policies.ts. Compensations run in reverse order and are retried until they succeed.
 */
export const saga = {
  steps: [
    {
      name: 'accept',
      by: ['orders'],
      does: { kind: 'is-called', caller: 'gateway', rpc: 'orders.PlaceOrder' },
      undo: { kind: 'nothing-to-undo' },
      events: [{ topic: 'orders.v1', type: 'order.placed' }],
      note: 'confirmed or pending; order and event are stored in one transaction',
    },
    {
      name: 'authorise',
      by: ['orders', 'orders-worker'],
      does: { kind: 'calls', rpc: 'payments.Authorize' },
      undo: reverse,
      events: [
        { topic: 'payments.v1', type: 'payment.authorized' },
        { topic: 'payments.v1', type: 'payment.declined' },
        { topic: 'orders.v1', type: 'order.confirmed' },
      ],
      note: 'both ask with the same key: what one left open, the other finds, and a pending order is then confirmed',
    },
    {
      name: 'reserve',
      by: ['orders-worker'],
      does: { kind: 'calls', rpc: 'inventory.Reserve' },
      undo: {
        kind: 'call',
        caller: 'orders-worker',
        rpc: 'inventory.Release',
        event: { topic: 'inventory.v1', type: 'stock.released' },
      },
      events: [
        { topic: 'inventory.v1', type: 'stock.reserved' },
        { topic: 'inventory.v1', type: 'stock.rejected' },
      ],
      note: 'the check that the customer saw was a hint, this is what counts',
    },
    {
      name: 'capture',
      by: ['orders-worker'],
      does: { kind: 'calls', rpc: 'payments.Capture' },
      undo: reverse,
      events: [
        { topic: 'payments.v1', type: 'payment.captured' },
        { topic: 'orders.v1', type: 'order.ready' },
      ],
      note: 'only for stock that is reserved; then the order is ready',
    },
    {
      name: 'ship',
      by: ['fulfillment'],
      does: { kind: 'consumes', event: { topic: 'orders.v1', type: 'order.ready' } },
      undo: { kind: 'retried-until-done' },
      events: [
        { topic: 'fulfillment.v1', type: 'shipment.scheduled' },
        { topic: 'fulfillment.v1', type: 'shipment.failed' },
      ],
      note: 'the last step with an effect: retried until it is done, unless the carrier does not serve the country',
    },
    {
      name: 'close',
      by: ['orders-worker'],
      does: { kind: 'own-work' },
      undo: { kind: 'nothing-to-undo' },
      events: [
        { topic: 'orders.v1', type: 'order.fulfilled' },
        { topic: 'orders.v1', type: 'order.cancelled' },
      ],
      note: 'fulfilled, or cancelled once every compensation has succeeded',
    },
  ],
} as const satisfies Saga;
