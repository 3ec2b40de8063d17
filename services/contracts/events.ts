import type { DescMessage } from '@bufbuild/protobuf';
import { OrderPlacedSchema } from './gen/windlass/events/v1/orders_pb.js';

/** An event: its CloudEvents type, its topic and its message. */
export interface EventType<Schema extends DescMessage = DescMessage> {
  readonly type: string;
  readonly topic: string;
  readonly schema: Schema;
}

export const orderPlaced = {
  type: 'windlass.order.placed.v1',
  topic: 'orders.v1',
  schema: OrderPlacedSchema,
} as const satisfies EventType;
