import type { DescMessage } from '@bufbuild/protobuf';
import { ShipmentFailedSchema, ShipmentScheduledSchema } from './gen/windlass/events/v1/fulfillment_pb.js';
import {
  StockRejectedSchema,
  StockReleasedSchema,
  StockReservedSchema,
} from './gen/windlass/events/v1/inventory_pb.js';
import {
  OrderCancelledSchema,
  OrderConfirmedSchema,
  OrderFulfilledSchema,
  OrderPlacedSchema,
  OrderReadySchema,
} from './gen/windlass/events/v1/orders_pb.js';
import {
  PaymentAuthorizedSchema,
  PaymentCapturedSchema,
  PaymentDeclinedSchema,
  PaymentReversedSchema,
} from './gen/windlass/events/v1/payments_pb.js';
import { sources, type TopicName } from './topics.ts';

/**
 * Defines a kind of event for services/lib/messaging.
 *
 * @param name `order.placed`
 */
function event<Name extends string, Topic extends TopicName, Schema extends DescMessage>(
  topic: Topic,
  name: Name,
  schema: Schema,
) {
  return { type: `windlass.${name}.v1`, source: sources[topic], topic, schema } as const;
}

export const orderPlaced = event('orders.v1', 'order.placed', OrderPlacedSchema);
export const orderConfirmed = event('orders.v1', 'order.confirmed', OrderConfirmedSchema);
export const orderReady = event('orders.v1', 'order.ready', OrderReadySchema);
export const orderFulfilled = event('orders.v1', 'order.fulfilled', OrderFulfilledSchema);
export const orderCancelled = event('orders.v1', 'order.cancelled', OrderCancelledSchema);

export const paymentAuthorized = event('payments.v1', 'payment.authorized', PaymentAuthorizedSchema);
export const paymentDeclined = event('payments.v1', 'payment.declined', PaymentDeclinedSchema);
export const paymentCaptured = event('payments.v1', 'payment.captured', PaymentCapturedSchema);
export const paymentReversed = event('payments.v1', 'payment.reversed', PaymentReversedSchema);

export const stockReserved = event('inventory.v1', 'stock.reserved', StockReservedSchema);
export const stockRejected = event('inventory.v1', 'stock.rejected', StockRejectedSchema);
export const stockReleased = event('inventory.v1', 'stock.released', StockReleasedSchema);

export const shipmentScheduled = event('fulfillment.v1', 'shipment.scheduled', ShipmentScheduledSchema);
export const shipmentFailed = event('fulfillment.v1', 'shipment.failed', ShipmentFailedSchema);
