import type { Compensation, Saga } from './model/saga-step.ts';

/** Gives money back, whether it is authorized or captured: one call compensates both. */
const reverse = {
  kind: 'call',
  caller: 'orders-worker',
  rpc: 'payments.Reverse',
  event: { topic: 'payments.v1', type: 'payment.reversed' },
} as const satisfies Compensation;

/**
 * How an order gets from placed to fulfilled or cancelled: steps, compensations and events. policies.ts states timeouts
 * and retries of each call. Compensations run in reverse order and are retried until they succeed.
 */
export const saga = {
  steps: [
    {
      name: 'accept',
      by: ['orders'],
      does: { kind: 'is-called', caller: 'gateway', rpc: 'orders.PlaceOrder' },
      compensation: { kind: 'none-needed' },
      events: [{ topic: 'orders.v1', type: 'order.placed' }],
      note: 'confirmed or pending; order and event are stored in one transaction',
    },
    {
      name: 'authorize',
      by: ['orders', 'orders-worker'],
      does: { kind: 'calls', rpc: 'payments.Authorize' },
      compensation: reverse,
      events: [
        { topic: 'payments.v1', type: 'payment.authorized' },
        { topic: 'payments.v1', type: 'payment.declined' },
        { topic: 'orders.v1', type: 'order.confirmed' },
      ],
      note: 'both call with the same key, so the second finds the result of the first; a pending order is then confirmed',
    },
    {
      name: 'reserve',
      by: ['orders-worker'],
      does: { kind: 'calls', rpc: 'inventory.Reserve' },
      compensation: {
        kind: 'call',
        caller: 'orders-worker',
        rpc: 'inventory.Release',
        event: { topic: 'inventory.v1', type: 'stock.released' },
      },
      events: [
        { topic: 'inventory.v1', type: 'stock.reserved' },
        { topic: 'inventory.v1', type: 'stock.rejected' },
      ],
      note: 'the check that the customer saw was a hint; this reservation counts',
    },
    {
      name: 'capture',
      by: ['orders-worker'],
      does: { kind: 'calls', rpc: 'payments.Capture' },
      compensation: reverse,
      events: [
        { topic: 'payments.v1', type: 'payment.captured' },
        { topic: 'orders.v1', type: 'order.ready' },
      ],
      note: 'only after the stock is reserved; then the order is ready',
    },
    {
      name: 'ship',
      by: ['fulfillment'],
      does: { kind: 'consumes', event: { topic: 'orders.v1', type: 'order.ready' } },
      compensation: { kind: 'retried-until-done' },
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
      compensation: { kind: 'none-needed' },
      events: [
        { topic: 'orders.v1', type: 'order.fulfilled' },
        { topic: 'orders.v1', type: 'order.cancelled' },
      ],
      note: 'fulfilled, or cancelled once every compensation has succeeded',
    },
  ],
} as const satisfies Saga;
