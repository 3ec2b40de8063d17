import type { Log } from '../../lib/observability/log.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import { hasCode } from '../../lib/runtime/domain-error.ts';
import { whileLeased } from '../../lib/runtime/lease.ts';
import type { OrderItem } from '../order.ts';
import type { StepName } from './saga.ts';
import type { Partners } from './step.ts';
import { releaseStock, reserveStock } from './stock-steps.ts';
import { fromStoredState, toStoredName } from './stored-steps.ts';

/**
 * How long a repeat belongs to the worker that claimed it, unless it renews its claim, and how long it waits after a call
 * without an answer.
 */
const defaultClaimMs = 30_000;
/** Few, because orders that are being placed need inventory at the same time. */
const concurrency = 4;
/** After this time no more calls begin, so that two sweeps hardly ever overlap. */
const sweepMs = 4_000;

interface DueRepeat {
  readonly id: string;
  readonly order_id: string;
  readonly items: readonly OrderItem[];
  /** The stored state of the saga's step reserve. */
  readonly reserve_state: string;
}

interface ClaimedRepeat extends DueRepeat {
  readonly claimMs: number;
  /** performance.now() before the claim. */
  readonly claimedAt: number;
}

/**
 * Runs one sweep: repeats the stock calls of orders that an operator wants repeated. A call without an answer ends the
 * sweep and is made again later. Each call has the saga's key for it, so it is harmless if inventory has processed it
 * before, or if two workers make it. A delayed Reserve after the Release of the saga reserves nothing.
 */
export async function repeatStockCalls(
  db: Queryable,
  inventory: Partners['inventory'],
  log: Log,
  claimMs: number = defaultClaimMs,
): Promise<void> {
  const begun = performance.now();
  while (performance.now() - begun < sweepMs) {
    const claimedAt = performance.now();
    const repeats = await claimRepeats(db, claimMs);
    if (repeats.length === 0) return;
    const answered = await Promise.all(
      repeats.map((repeat) => repeatCall(db, inventory, { ...repeat, claimMs, claimedAt }, log)),
    );
    if (answered.includes(false)) return;
  }
}

async function claimRepeats(db: Queryable, claimMs: number): Promise<DueRepeat[]> {
  const { rows } = await db.query<DueRepeat>(
    `UPDATE order_actions AS a SET next_attempt_at = now() + make_interval(secs => $1)
     WHERE id IN (
       SELECT id FROM order_actions
       WHERE action = 'repeat' AND done_at IS NULL AND (next_attempt_at IS NULL OR next_attempt_at <= now())
       ORDER BY next_attempt_at NULLS FIRST, id LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING id, order_id, (SELECT items FROM orders WHERE orders.id = a.order_id) AS items,
       (SELECT state FROM saga_steps AS s WHERE s.order_id = a.order_id AND step = $3) AS reserve_state`,
    [claimMs / 1_000, concurrency, toStoredName('reserve' satisfies StepName)],
  );
  return rows;
}

/** @returns false if another worker has made the call */
async function renewClaim(db: Queryable, { id, claimMs }: ClaimedRepeat): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE order_actions SET next_attempt_at = now() + make_interval(secs => $2) WHERE id = $1 AND done_at IS NULL`,
    [id, claimMs / 1_000],
  );
  return rowCount === 1;
}

/** @returns false if there is no answer */
async function repeatCall(
  db: Queryable,
  inventory: Partners['inventory'],
  repeat: ClaimedRepeat,
  log: Log,
): Promise<boolean> {
  const orderId = repeat.order_id;
  try {
    const lease = { leaseMs: repeat.claimMs, renew: () => renewClaim(db, repeat) };
    const call = (lost: AbortSignal) => callInventory(repeat, inventory, lost);
    const result = await whileLeased(lease, call, repeat.claimedAt).catch((error: unknown) => {
      if (isRefusal(error)) return `refused: ${error.message}`;
      throw error;
    });
    await db.query('UPDATE order_actions SET done_at = now(), result = $2 WHERE id = $1', [repeat.id, result]);
    // The order may be on its way to the customer, so a person decides.
    if (result.startsWith('short:'))
      log.error({ orderId, result }, 'repeated reservation is short; order is not reserved');
    else log.info({ orderId, result }, 'stock call repeated');
    return true;
  } catch (err) {
    log.warn({ err, orderId }, 'stock call not repeated; retrying later');
    return false;
  }
}

/** Repeats the call that the saga has made last. If it has made none, or none of effect, the saga makes it itself. */
async function callInventory(
  repeat: DueRepeat,
  inventory: Partners['inventory'],
  signal: AbortSignal,
): Promise<string> {
  const order = { orderId: repeat.order_id, items: repeat.items };
  const state = fromStoredState(repeat.reserve_state);
  if (state === 'compensated') {
    await releaseStock(order, inventory, signal);
    return 'released';
  }
  if (state !== 'done') return `nothing to repeat: the step reserve is ${state}`;
  const shortages = await reserveStock(order, inventory, signal);
  const texts = shortages.map(
    ({ sku, requested, available }) => `${sku} (${requested} requested, ${available} available)`,
  );
  return shortages.length === 0 ? 'reserved' : `short: ${texts.join(', ')}`;
}

const isRefusal = (error: unknown) =>
  hasCode(error, 'failed-precondition') || hasCode(error, 'not-found') || hasCode(error, 'key-reused');
