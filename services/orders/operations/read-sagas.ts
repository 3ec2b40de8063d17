import type { Queryable } from '../../lib/postgres/database.ts';
import type { OrderStatus } from '../order.ts';
import { isLate, waitsFor } from '../saga/pace.ts';
import { nameOf, nextAction, stepNames } from '../saga/saga.ts';
import { fromStored, type StoredSteps, toStoredName } from '../saga/stored-steps.ts';

/** An order that has not ended, as `list` shows it. */
export interface OpenOrder {
  readonly orderId: string;
  readonly status: OrderStatus;
  /** The next step, or `shipment`. */
  readonly waitsFor: string;
  readonly ageSeconds: number;
  readonly isLate: boolean;
  /** Consecutive failures of the next step; of a shipment, how often fulfillment was asked again. */
  readonly failures: number;
  readonly isCancelRequested: boolean;
  readonly lastError: string | undefined;
}

interface OpenRow {
  readonly order_id: string;
  readonly status: OrderStatus;
  readonly steps: StoredSteps;
  readonly age_seconds: number;
  readonly is_late: boolean;
  readonly attempts: number;
  readonly is_cancel_requested: boolean;
  readonly last_error: string | null;
  /** As text, because a Date would cut its microseconds. */
  readonly cursor: string;
}

const pageSize = 200;

/** The orders that have not ended, oldest first. Reads a page at a time, however many there are. */
export async function* readOpenOrders(db: Queryable, onlyLate: boolean): AsyncGenerator<OpenOrder> {
  let [startedAt, orderId] = ['-infinity', '00000000-0000-0000-0000-000000000000'];
  for (;;) {
    const { rows } = await db.query<OpenRow>(
      `SELECT s.order_id, o.status, s.attempts, s.started_at::text AS cursor, ${isLate} AS is_late,
         extract(epoch FROM now() - s.started_at)::float8 AS age_seconds,
         s.cancel_requested_at IS NOT NULL AS is_cancel_requested,
         (SELECT jsonb_object_agg(step, t.state) FROM saga_steps t WHERE t.order_id = s.order_id) AS steps,
         (SELECT last_error FROM saga_steps t WHERE t.order_id = s.order_id AND last_error IS NOT NULL
          ORDER BY updated_at DESC LIMIT 1) AS last_error
       FROM (SELECT * FROM sagas WHERE state <> 'ended' AND (started_at, order_id) > ($1::timestamptz, $2::uuid)
         ${onlyLate ? `AND ${isLate}` : ''} ORDER BY started_at, order_id LIMIT ${pageSize}) AS s
       JOIN orders o ON o.id = s.order_id ORDER BY s.started_at, s.order_id`,
      [startedAt, orderId],
    );
    yield* rows.map(toOpenOrder);
    const last = rows.at(-1);
    if (!last) return;
    [startedAt, orderId] = [last.cursor, last.order_id];
  }
}

function toOpenOrder(row: OpenRow): OpenOrder {
  const next = nextAction(fromStored(row.steps), row.is_cancel_requested);
  return {
    orderId: row.order_id,
    status: row.status,
    waitsFor: next.kind === 'wait' || next.kind === 'nothing' ? 'shipment' : nameOf(next),
    ageSeconds: row.age_seconds,
    isLate: row.is_late,
    failures: row.attempts,
    isCancelRequested: row.is_cancel_requested,
    lastError: row.last_error ?? undefined,
  };
}

/** Everything about one order, for a person; undefined if there is none. */
export async function readSagaFacts(db: Queryable, orderId: string): Promise<SagaFacts | undefined> {
  const { rows } = await db.query<SagaFacts>(
    `SELECT o.status, s.state, CASE WHEN s.state <> 'ended' THEN ${waitsFor} END AS waits_for, s.reason, s.started_at,
       s.ended_at, s.state <> 'ended' AND ${isLate} AS is_late, s.attempts, s.next_attempt_at, s.stuck_since,
       s.cancel_requested_at,
       (SELECT json_agg(h ORDER BY id) FROM order_history h WHERE order_id = s.order_id) AS history,
       (SELECT json_agg(t ORDER BY array_position($2::text[], step))
          FROM saga_steps t WHERE order_id = s.order_id) AS steps,
       (SELECT coalesce(json_agg(a ORDER BY id), '[]') FROM order_actions a WHERE order_id = s.order_id) AS actions,
       EXISTS (SELECT FROM abandoned_payments p WHERE p.order_id = s.order_id) AS is_reversal_due
     FROM sagas s JOIN orders o ON o.id = s.order_id WHERE s.order_id = $1`,
    [orderId, stepNames.map(toStoredName)],
  );
  return rows[0];
}

/** Columns as in the tables. */
export interface SagaFacts {
  readonly status: OrderStatus;
  readonly state: string;
  readonly waits_for: string | null;
  readonly reason: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly is_late: boolean;
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly stuck_since: Date | null;
  readonly cancel_requested_at: Date | null;
  readonly history: readonly { at: string; status: string; reason: string | null }[];
  readonly steps: readonly {
    step: string;
    state: string;
    attempts: number;
    last_error: string | null;
    detail: unknown;
  }[];
  readonly actions: readonly {
    at: string;
    action: string;
    reason: string;
    by_whom: string | null;
    /** Of a repeat: the answer of its stock call; null if the call is not made yet. */
    result: string | null;
  }[];
  readonly is_reversal_due: boolean;
}

/** What `list` shows about repeats. */
export interface RepeatFacts {
  /** Orders whose stock call the worker has not repeated yet. */
  readonly open: number;
  /** Orders whose stock was not reserved again in the last days, although they count as reserved. */
  readonly short: readonly { readonly orderId: string; readonly result: string }[];
}

/** For how many days `list` shows a shortage. After that, `show` does. */
const shortageShownDays = 7;
const mostShortages = 100;

/** Reads what is open about repeats: at most 100 shortages, the newest first. */
export async function readRepeats(db: Queryable): Promise<RepeatFacts> {
  const { rows: open } = await db.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM order_actions WHERE action = 'repeat' AND done_at IS NULL",
  );
  const { rows: short } = await db.query<{ order_id: string; result: string }>(
    `SELECT order_id, result FROM order_actions AS a
     WHERE action = 'repeat' AND result LIKE 'short:%' AND at > now() - interval '${shortageShownDays} days'
       AND NOT EXISTS (SELECT FROM order_actions AS later
         WHERE later.order_id = a.order_id AND later.id > a.id AND later.action = 'repeat')
     ORDER BY id DESC LIMIT ${mostShortages}`,
  );
  return {
    open: open[0]?.count ?? 0,
    short: short.map(({ order_id: orderId, result }) => ({ orderId, result })),
  };
}
