import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { money } from '../../contracts/money.ts';
import type { EventType } from '../../lib/messaging/cloud-event.ts';
import { addToOutbox } from '../../lib/messaging/outbox.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import type { OrderItem } from '../order.ts';

/** Adds an event of orders or orders-worker about an order, in the transaction of its cause. */
export async function addOrderEvent<Schema extends DescMessage>(
  tx: Queryable,
  event: EventType<Schema>,
  orderId: string,
  data: MessageInitShape<Schema>,
): Promise<void> {
  await addToOutbox(tx, event, { subject: orderId, data });
}

/** windlass.events.v1.OrderLine */
export function orderLines(items: readonly OrderItem[]) {
  return items.map(({ sku, quantity, unitPriceMinor }) => ({
    sku,
    quantity,
    ...(unitPriceMinor !== undefined && { unitPrice: money(unitPriceMinor) }),
  }));
}
