import type { DescMessage } from '@bufbuild/protobuf';

/** A kind of event: its CloudEvents type and source, its topic, and the protobuf message that is its data. */
export interface EventType<Schema extends DescMessage = DescMessage> {
  /** `windlass.order.placed.v1` */
  readonly type: string;
  /** The only service that publishes it: `/windlass/orders`. */
  readonly source: string;
  readonly topic: string;
  readonly schema: Schema;
}
