import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { catalogue, currency, type Sku } from '../../contracts/catalogue.ts';
import type { EventType } from '../../lib/messaging/cloud-event.ts';
import { addToOutbox } from '../../lib/messaging/outbox.ts';
import type { Queryable } from '../../lib/postgres/database.ts';

/** Adds an event of orders or orders-worker about an order, in the transaction of its cause. */
export async function addOrderEvent<Schema extends DescMessage>(
  tx: Queryable,
  event: EventType<Schema>,
  orderId: string,
  data: MessageInitShape<Schema>,
): Promise<void> {
  await addToOutbox(tx, event, { subject: orderId, data });
}

/** What of an order goes into events: neither token nor address. */
export interface OrderItem {
  readonly sku: Sku;
  readonly quantity: number;
}

/** windlass.money.v1.Money */
export function money(amountMinor: number) {
  return { currency, amountMinor: BigInt(amountMinor) };
}

/** google.protobuf.Timestamp */
export function timestamp(at: Date) {
  return { seconds: BigInt(Math.floor(at.getTime() / 1000)), nanos: (at.getTime() % 1000) * 1e6 };
}

/** windlass.events.v1.OrderLine */
export function orderLines(items: readonly OrderItem[]) {
  return items.map(({ sku, quantity }) => ({ sku, quantity, unitPrice: money(catalogue[sku].unitPriceMinor) }));
}
