/** When a failed step is retried, when fulfillment is asked again, and when an order is late. */

const firstPauseMs = 200;
const shortPauseMs = 5_000;
const growth = 1.25;
const longestPauseMs = 2 * 60_000;
/** No callee makes an order wait for longer, whatever it asks for. */
const longestRetryAfterMs = 10 * 60_000;

/**
 * The pause before a failed step is retried. It doubles from 200 ms to 5 s, then grows by a quarter up to two minutes:
 * about a quarter of the time that the failure has lasted. So orders end within a minute of the end of a short outage,
 * and a step that fails permanently is not called every few seconds.
 *
 * @param failures consecutive failures so far, from 1
 * @param retryAfterMs how long the callee asks its callers to wait
 * @param random from 0 to 1: up to a quarter is taken off, so that orders that failed together do not return together
 */
export function stepPauseMs(failures: number, retryAfterMs = 0, random = Math.random()): number {
  const doubled = firstPauseMs * 2 ** (failures - 1);
  const grown = shortPauseMs * growth ** (failures - 6);
  const pauseMs = Math.min(doubled, grown, longestPauseMs) * (1 - random / 4);
  return Math.max(pauseMs, Math.min(retryAfterMs, longestRetryAfterMs));
}

/**
 * SQL: the pause before fulfillment is asked again about a waiting order of the table `sagas`, from its last change or
 * ask. It doubles from a minute to an hour. A healthy fulfillment takes less than a minute, and an order that waits for
 * a day costs it some 30 events.
 */
export const askPause = `least(interval '1 minute' * 2 ^ least(attempts, 6), interval '1 hour')`;

/**
 * Minutes from the placing of an order to its deadline, by what the order waits for then. An order that has not ended
 * is late after that: the metric `windlass_orders_late` counts it. Orders take seconds, and after an outage a minute.
 */
export const deadlineMinutes = { step: 10, shipment: 10 } as const;

/** SQL: what an order of the table `sagas` waits for. */
export const waitsFor = "CASE state WHEN 'waiting' THEN 'shipment' ELSE 'step' END";

/** SQL: whether an order of the table `sagas` that has not ended is late. */
export const isLate = `started_at < now() - make_interval(mins =>
  CASE state WHEN 'waiting' THEN ${deadlineMinutes.shipment} ELSE ${deadlineMinutes.step} END)`;
