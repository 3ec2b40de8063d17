import { stockRejected, stockReleased, stockReserved } from '../../contracts/events.ts';
import { publish } from '../store/order-events.ts';
import type { Partners, Performed } from './perform.ts';
import type { SagaOrder } from './saga-store.ts';

/** Holds the order's stock, all lines or none. */
export async function reserve({ orderId, items }: SagaOrder, inventory: Partners['inventory']): Promise<Performed> {
  const lines = items.map(({ sku, quantity }) => ({ sku, quantity }));
  const answer = await inventory.reserve({ idempotencyKey: `reserve:${orderId}`, orderId, lines });
  const shortages = answer.shortages.map(({ sku, requested, available }) => ({ sku, requested, available }));
  if (shortages.length === 0) {
    return { isRefused: false, record: (tx) => publish(tx, stockReserved, orderId, { orderId, lines }) };
  }
  return {
    isRefused: true,
    detail: { shortages },
    record: (tx) => publish(tx, stockRejected, orderId, { orderId, shortages }),
  };
}

/** Gives the order's stock back. */
export async function release({ orderId }: SagaOrder, inventory: Partners['inventory']): Promise<Performed> {
  await inventory.release({ idempotencyKey: `release:${orderId}`, orderId });
  return { isRefused: false, record: (tx) => publish(tx, stockReleased, orderId, { orderId }) };
}
