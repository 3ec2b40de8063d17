import { context } from '@opentelemetry/api';
import type { Log } from '../../lib/observability/log.ts';
import { extractTrace, type TraceHeaders } from '../../lib/observability/tracing.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { hasCode } from '../../lib/runtime/domain-error.ts';
import { lockSaga } from './locked-saga.ts';
import { addOrderReady } from './order-ready.ts';
import { askPause } from './pace.ts';

/** Orders that one sweep asks about, at most. */
const batchSize = 100;
/**
 * While so many orders that were asked about still wait, no other is: a fulfillment that is away finds these asks and
 * their repeats when it comes back, and not one for each order that waited.
 */
const maxAsked = 1_000;

/**
 * SQL: whether fulfillment is to be asked again about an order of the table `sagas`. While an order waits,
 * `next_attempt_at` is the time of its last change or ask, and `attempts` counts the asks. An order with an event that
 * is not published yet is not asked about: fulfillment cannot know it.
 */
const isAskDue = `state = 'waiting' AND next_attempt_at <= now() - ${askPause} AND NOT EXISTS (
  SELECT FROM outbox WHERE outbox.subject = sagas.order_id::text AND published_at IS NULL)`;

/**
 * Runs one sweep: asks fulfillment again about orders that have waited for their shipment too long, because it may have
 * lost the event that an order is ready. It ships an order once, and reports its decision again. An order that an
 * operator cancels is withdrawn again instead.
 */
export async function askFulfillmentAgain(database: Database, log: Log): Promise<void> {
  const { rows } = await database.query<{ order_id: string }>(
    `SELECT order_id FROM sagas WHERE ${isAskDue}
       AND (attempts > 0 OR (SELECT count(*) FROM sagas WHERE state = 'waiting' AND attempts > 0) < ${maxAsked})
     ORDER BY next_attempt_at LIMIT ${batchSize}`,
  );
  for (const { order_id: orderId } of rows) {
    try {
      const asks = await askAgain(database, orderId);
      if (asks !== undefined)
        log.warn({ orderId, asks }, 'order still waits for its shipment; fulfillment asked again');
    } catch (err) {
      log.warn({ err, orderId }, 'fulfillment not asked again; retrying later');
      if (hasCode(err, 'unavailable')) return;
      // Otherwise orders that cannot be asked about would come first in each sweep.
      await database.query("UPDATE sagas SET next_attempt_at = now() WHERE order_id = $1 AND state = 'waiting'", [
        orderId,
      ]);
    }
  }
}

/**
 * Asks about one order if that is still due once its saga is locked: its shipment may have been reported, or another
 * worker may have asked.
 * @returns how often it was asked about so far; undefined if it was not due any more
 */
function askAgain(database: Database, orderId: string): Promise<number | undefined> {
  return database.transaction(async (tx) => {
    const saga = await lockSaga(tx, orderId);
    const { rows } = await tx.query<{ attempts: number; trace: TraceHeaders }>(
      `UPDATE sagas SET attempts = attempts + 1, next_attempt_at = now() WHERE order_id = $1 AND ${isAskDue}
       RETURNING attempts, trace`,
      [orderId],
    );
    const [row] = rows;
    if (!saga || !row) return undefined;
    const again = saga.isCancelRequested ? 'withdrawn' : 'repeated';
    await context.with(extractTrace(row.trace), () => addOrderReady(tx, saga, again));
    return row.attempts;
  });
}
