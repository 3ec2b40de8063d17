import { stockRejected, stockReleased, stockReserved } from '../../contracts/events.ts';
import { addOrderEvent } from '../store/order-events.ts';
import type { SagaOrder } from './saga-store.ts';
import type { Partners, StepResult } from './step.ts';

/** Reserves the order's stock: all lines or none. */
export async function reserve(
  { orderId, items }: SagaOrder,
  { inventory }: Partners,
  lost: AbortSignal,
): Promise<StepResult> {
  const lines = items.map(({ sku, quantity }) => ({ sku, quantity }));
  const answer = await inventory.reserve({ idempotencyKey: `reserve:${orderId}`, orderId, lines }, lost);
  const shortages = answer.shortages.map(({ sku, requested, available }) => ({ sku, requested, available }));
  if (shortages.length === 0) {
    return { isRejected: false, record: (tx) => addOrderEvent(tx, stockReserved, orderId, { orderId, lines }) };
  }
  return {
    isRejected: true,
    detail: { shortages },
    record: (tx) => addOrderEvent(tx, stockRejected, orderId, { orderId, shortages }),
  };
}

/** Releases the order's stock. */
export async function release({ orderId }: SagaOrder, { inventory }: Partners, lost: AbortSignal): Promise<StepResult> {
  await inventory.release({ idempotencyKey: `release:${orderId}`, orderId }, lost);
  return { isRejected: false, record: (tx) => addOrderEvent(tx, stockReleased, orderId, { orderId }) };
}
