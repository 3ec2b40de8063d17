import type { Saga } from './decisions/saga-step.ts';

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
      undo: { kind: 'call', caller: 'orders-worker', rpc: 'payments.Reverse' },
      events: [
        { topic: 'payments.v1', type: 'payment.authorized' },
        { topic: 'payments.v1', type: 'payment.declined' },
      ],
      note: 'both ask with the same key: what one left open, the other finds',
    },
    {
      name: 'reserve',
      by: ['orders-worker'],
      does: { kind: 'calls', rpc: 'inventory.Reserve' },
      undo: { kind: 'call', caller: 'orders-worker', rpc: 'inventory.Release' },
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
      undo: { kind: 'call', caller: 'orders-worker', rpc: 'payments.Reverse' },
      events: [{ topic: 'payments.v1', type: 'payment.captured' }],
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
      note: 'the last step with an effect: retried until it is done',
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
  planned: {
    fulfillment: 'ships what is ready',
    analytics: 'counts orders and outcomes from all events',
  },
} as const satisfies Saga;
