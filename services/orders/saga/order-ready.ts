import { orderReady } from '../../contracts/events.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import { addOrderEvent, orderLines } from '../store/order-events.ts';
import type { SagaOrder } from './saga-store.ts';

/**
 * Tells fulfillment that the order can be shipped.
 *
 * @param again a request of an operator, or of ask-again.ts: `repeated` to publish the decision once more, `withdrawn`
 *   to not ship the order unless it was shipped before. fulfillment decides, because only it knows what was shipped.
 */
export async function addOrderReady(
  tx: Queryable,
  { orderId, items, country }: Pick<SagaOrder, 'orderId' | 'items' | 'country'>,
  again?: 'repeated' | 'withdrawn',
): Promise<void> {
  const request = { repeated: again === 'repeated', withdrawn: again === 'withdrawn' };
  await addOrderEvent(tx, orderReady, orderId, { orderId, lines: orderLines(items), country, ...request });
}
