import { stockRejected, stockReleased, stockReserved } from '../../contracts/events.ts';
import { addOrderEvent } from '../store/order-events.ts';
import type { SagaOrder } from './saga-store.ts';
import type { Partners, StepResult } from './step.ts';

/** The stock of an order. Each call of it has the same key, so repeating one is harmless. */
type Stock = Pick<SagaOrder, 'orderId' | 'items'>;

/**
 * Reserves all lines, or none if there is a shortage.
 * @returns the lines that the stock cannot serve
 */
export async function reserveStock(
  { orderId, items }: Stock,
  inventory: Partners['inventory'],
  signal: AbortSignal,
): Promise<{ sku: string; requested: number; available: number }[]> {
  const lines = linesOf(items);
  const answer = await inventory.reserve({ idempotencyKey: `reserve:${orderId}`, orderId, lines }, signal);
  return answer.shortages.map(({ sku, requested, available }) => ({ sku, requested, available }));
}

/** Releases what the order has reserved, and keeps a delayed Reserve from reserving anything. */
export async function releaseStock(
  { orderId }: Pick<Stock, 'orderId'>,
  inventory: Partners['inventory'],
  signal: AbortSignal,
): Promise<void> {
  await inventory.release({ idempotencyKey: `release:${orderId}`, orderId }, signal);
}

const linesOf = (items: Stock['items']) => items.map(({ sku, quantity }) => ({ sku, quantity }));

/** Reserves the order's stock: all lines or none. */
export async function reserve(order: SagaOrder, { inventory }: Partners, lost: AbortSignal): Promise<StepResult> {
  const { orderId, items } = order;
  const lines = linesOf(items);
  const shortages = await reserveStock(order, inventory, lost);
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
export async function release(order: SagaOrder, { inventory }: Partners, lost: AbortSignal): Promise<StepResult> {
  const { orderId } = order;
  await releaseStock(order, inventory, lost);
  return { isRejected: false, record: (tx) => addOrderEvent(tx, stockReleased, orderId, { orderId }) };
}
