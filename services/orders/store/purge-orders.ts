import type { Queryable } from '../../lib/postgres/database.ts';
import { untilPartial } from '../../lib/postgres/delete-in-batches.ts';

/** Orders for each statement, so that none takes long. */
const batchSize = 500;

/**
 * Deletes orders that ended long ago, each with its saga and history in one statement. An order stays while anything
 * about it is open: its saga, a payment to reverse, an operator's repeat, or an event that is not published yet.
 * @param days since the end of the order
 * @returns the number of deleted orders
 */
export function purgeOrders(db: Queryable, days: number): Promise<number> {
  return untilPartial(batchSize, async () => {
    const { rowCount } = await db.query(
      `WITH old AS (
         SELECT order_id FROM sagas AS s
         WHERE state = 'ended' AND ended_at < now() - make_interval(days => $1)
           AND NOT EXISTS (SELECT FROM abandoned_payments a WHERE a.order_id = s.order_id)
           AND NOT EXISTS (SELECT FROM order_actions a
             WHERE a.order_id = s.order_id AND a.action = 'repeat' AND a.done_at IS NULL)
           AND NOT EXISTS (SELECT FROM outbox e WHERE e.subject = s.order_id::text AND e.published_at IS NULL)
         LIMIT ${batchSize}),
       steps AS (DELETE FROM saga_steps WHERE order_id IN (SELECT order_id FROM old)),
       history AS (DELETE FROM order_history WHERE order_id IN (SELECT order_id FROM old)),
       books AS (DELETE FROM orders WHERE id IN (SELECT order_id FROM old))
       DELETE FROM sagas WHERE order_id IN (SELECT order_id FROM old)`,
      [days],
    );
    return rowCount ?? 0;
  });
}
