import { injectTrace, type TraceHeaders } from '../../lib/observability/tracing.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import { toStorable } from '../../lib/postgres/storable.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { LeaseLost } from '../../lib/runtime/lease.ts';
import { shorten } from '../../lib/runtime/shorten.ts';
import type { OrderItem } from '../order.ts';
import type { StoredToken } from '../tokens/token-vault.ts';
import { stepPauseMs } from './pace.ts';
import {
  causeOf,
  firstSteps,
  type SagaState,
  type StepName,
  type Steps,
  stateOf,
  stepNames,
  stuckAfterFailures,
} from './saga.ts';
import { fromStored, type StoredSteps, toStoredName, toStoredState } from './stored-steps.ts';

/** The data of an order that its steps need. */
export interface SagaOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly items: readonly OrderItem[];
  readonly country: string;
  readonly totalMinor: number;
  readonly placedAt: Date;
  /** undefined until payments has authorized the amount. */
  readonly authorizationId: string | undefined;
  readonly paymentToken: StoredToken | undefined;
}

/** An order that this worker may advance until its lease ends. */
export interface ClaimedSaga {
  readonly order: SagaOrder;
  readonly steps: Steps;
  /** Consecutive failures of the next step. */
  readonly failures: number;
  readonly trace: TraceHeaders;
  readonly lease: string;
  /** An operator wants the order cancelled. */
  readonly isCancelRequested: boolean;
}

/** Stores an order's saga, in the transaction that stores the order. */
export async function insertSaga(tx: Queryable, orderId: string, isAuthorized: boolean): Promise<void> {
  const steps = firstSteps(isAuthorized);
  await tx.query(
    `WITH saga AS (INSERT INTO sagas (order_id, state, trace) VALUES ($1, $2, $3))
     INSERT INTO saga_steps (order_id, step, state) SELECT $1, * FROM unnest($4::text[], $5::text[])`,
    [
      orderId,
      stateOf(steps),
      injectTrace(),
      stepNames.map(toStoredName),
      stepNames.map((name) => toStoredState(steps[name])),
    ],
  );
}

/**
 * Leases due sagas, longest due first. No two callers get the same saga. It uses two statements on purpose: only the
 * second one is sure to see what the last owner wrote, because the first one's snapshot may be older than its row
 * locks.
 */
export async function claimDueSagas(db: Queryable, limit: number, leaseMs: number): Promise<ClaimedSaga[]> {
  const { rows: claimed } = await db.query<Lease>(
    `UPDATE sagas SET lease = gen_random_uuid(), leased_until = now() + make_interval(secs => $2)
     WHERE order_id IN (
       SELECT order_id FROM sagas
       WHERE state IN ('running', 'compensating') AND next_attempt_at <= now()
         AND (leased_until IS NULL OR leased_until < now())
       ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING order_id, lease`,
    [limit, leaseMs / 1000],
  );
  return claimed.length === 0 ? [] : loadSagas(db, claimed);
}

interface Lease {
  readonly order_id: string;
  readonly lease: string;
}

interface SagaRow extends Lease {
  readonly attempts: number;
  readonly trace: TraceHeaders;
  readonly is_cancel_requested: boolean;
  readonly customer_id: string;
  readonly items: OrderItem[];
  readonly country: string;
  readonly total_minor: string;
  readonly authorization_id: string | null;
  readonly payment_token: StoredToken | null;
  readonly placed_at: Date;
  readonly steps: StoredSteps;
}

async function loadSagas(db: Queryable, leases: readonly Lease[]): Promise<ClaimedSaga[]> {
  const { rows } = await db.query<SagaRow>(
    `SELECT s.order_id, s.lease, s.attempts, s.trace, ${isCancelRequested}, o.customer_id, o.items, o.shipping_address->>'country' AS country,
       o.total_minor, o.authorization_id, o.payment_token, o.placed_at, ${stepsOf('s.order_id')} AS steps
     FROM unnest($1::uuid[], $2::uuid[]) AS mine (order_id, lease)
     JOIN sagas s ON s.order_id = mine.order_id AND s.lease = mine.lease
     JOIN orders o ON o.id = s.order_id`,
    [leases.map(({ order_id }) => order_id), leases.map(({ lease }) => lease)],
  );
  return rows.map((row) => ({
    order: {
      orderId: row.order_id,
      customerId: row.customer_id,
      items: row.items,
      country: row.country,
      totalMinor: Number(row.total_minor),
      placedAt: row.placed_at,
      authorizationId: row.authorization_id ?? undefined,
      paymentToken: row.payment_token ?? undefined,
    },
    steps: fromStored(row.steps),
    failures: row.attempts,
    trace: row.trace,
    lease: row.lease,
    isCancelRequested: row.is_cancel_requested,
  }));
}

/** SQL: a column of a row of `sagas`. */
export const isCancelRequested = 'cancel_requested_at IS NOT NULL AS is_cancel_requested';

/** SQL: the stored state of each step. */
export const stepsOf = (orderId: string) =>
  `(SELECT jsonb_object_agg(step, state) FROM saga_steps WHERE saga_steps.order_id = ${orderId})`;

/** How a step changed the saga. */
export interface SagaProgress {
  readonly step: StepName;
  readonly before: Steps;
  readonly after: Steps;
  /** For operators who look at the step: the authorization's id, the shortages. */
  readonly detail: object | undefined;
}

/**
 * Lets this worker's lease begin again now.
 * @returns false if another worker has the order, or the database was reset
 */
export async function renewLease(
  db: Queryable,
  { order: { orderId }, lease }: ClaimedSaga,
  leaseMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    'UPDATE sagas SET leased_until = now() + make_interval(secs => $3) WHERE order_id = $1 AND lease = $2',
    [orderId, lease, leaseMs / 1000],
  );
  return rowCount === 1;
}

/**
 * Records a step, as the first statement in the transaction of the step's effects.
 * @param leaseMs how long this worker keeps the order; undefined: it releases the order
 * @returns whether an operator wants the order cancelled, and the seconds since it was placed
 * @throws LeaseLost
 */
export async function recordProgress(
  tx: Queryable,
  { order: { orderId }, lease, isCancelRequested: wasRequested }: ClaimedSaga,
  progress: SagaProgress & { readonly state: SagaState },
  leaseMs: number | undefined,
): Promise<Recorded> {
  const { rows } = await tx.query<{ is_cancel_requested: boolean; seconds: number }>(
    `UPDATE sagas SET state = $3, reason = $4, attempts = 0, stuck_since = NULL, next_attempt_at = now(),
       lease = CASE WHEN $5::float8 IS NULL THEN NULL ELSE lease END,
       leased_until = now() + make_interval(secs => $5),
       ended_at = CASE WHEN $3 = 'ended' THEN now() END
     WHERE order_id = $1 AND lease = $2
     RETURNING ${isCancelRequested}, extract(epoch FROM now() - started_at)::float8 AS seconds`,
    [
      orderId,
      lease,
      progress.state,
      causeOf(progress.after, wasRequested),
      leaseMs === undefined ? null : leaseMs / 1000,
    ],
  );
  if (!rows[0]) throw new LeaseLost(`The lease of order ${orderId} is lost.`);
  await writeSteps(tx, orderId, progress);
  return { isCancelRequested: rows[0].is_cancel_requested, seconds: rows[0].seconds };
}

interface Recorded {
  readonly isCancelRequested: boolean;
  readonly seconds: number;
}

/** In UTF-16 code units. */
const longestError = 500;

/**
 * Records a failure and releases the order, whose step is retried after a pause.
 * @throws LeaseLost
 */
export async function recordFailure(
  db: Queryable,
  { order: { orderId }, lease }: ClaimedSaga,
  { step, failures, error }: { step: StepName; failures: number; error: Error },
): Promise<void> {
  const { rowCount } = await db.query(
    `WITH saga AS (
       UPDATE sagas SET attempts = $3, next_attempt_at = now() + make_interval(secs => $4),
         stuck_since = CASE WHEN $5 THEN coalesce(stuck_since, now()) END, lease = NULL, leased_until = NULL
       WHERE order_id = $1 AND lease = $2 RETURNING order_id)
     UPDATE saga_steps SET attempts = attempts + 1, last_error = $7, updated_at = now()
     FROM saga WHERE saga_steps.order_id = saga.order_id AND step = $6`,
    [
      orderId,
      lease,
      failures,
      stepPauseMs(failures, error instanceof DomainError ? error.retryAfterMs : undefined) / 1000,
      failures >= stuckAfterFailures,
      toStoredName(step),
      shorten(toStorable(String(error)), longestError),
    ],
  );
  if (rowCount === 0) throw new LeaseLost(`The lease of order ${orderId} is lost.`);
}

/** Writes the steps that have changed. */
export async function writeSteps(
  tx: Queryable,
  orderId: string,
  { step, before, after, detail }: SagaProgress,
): Promise<void> {
  const changed = stepNames.filter((name) => before[name] !== after[name]);
  await tx.query(
    `UPDATE saga_steps SET state = changed.state, updated_at = now(),
       attempts = attempts + CASE WHEN step = $4 THEN 1 ELSE 0 END,
       last_error = CASE WHEN step = $4 THEN NULL ELSE last_error END,
       detail = CASE WHEN step = $4 THEN coalesce($5, detail) ELSE detail END
     FROM unnest($2::text[], $3::text[]) AS changed (name, state)
     WHERE order_id = $1 AND step = changed.name`,
    [orderId, changed.map(toStoredName), changed.map((name) => toStoredState(after[name])), toStoredName(step), detail],
  );
}
