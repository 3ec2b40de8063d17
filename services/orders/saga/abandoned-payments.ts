import { randomUUID } from 'node:crypto';
import type { Log } from '../../lib/observability/log.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import { DomainError, hasCode } from '../../lib/runtime/domain-error.ts';
import { type Lease, LeaseLost, whileLeased } from '../../lib/runtime/lease.ts';
import type { StoredToken } from '../tokens/token-vault.ts';
import { stepPauseMs } from './pace.ts';
import {
  type AuthorizeCall,
  authorizePayment,
  type Payment,
  type ReverseCall,
  reversePayment,
} from './payment-calls.ts';

const abandonedAfterSeconds = 60;
const defaultLeaseMs = 15_000;
const batchSize = 20;
/** The acquirer may refuse what it has authorized before, because of a fault. After this time the refusal is believed. */
const refusalBelievedAfterMinutes = 60;

/**
 * Notes a payment that may have been authorized although its order has none, in the transaction in which that becomes
 * so. It is reversed if it exists.
 */
export async function abandonPayment(tx: Queryable, { orderId, paymentToken, amountMinor }: Payment): Promise<void> {
  await tx.query(
    `INSERT INTO abandoned_payments (order_id, payment_token, amount_minor) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [orderId, paymentToken, amountMinor],
  );
}

interface AbandonedPayment extends Payment {
  readonly attempts: number;
  readonly isRefusalBelieved: boolean;
}

/** Runs one round: finds abandoned payments and reverses them. A reversal that fails waits for a later round. */
export async function reverseAbandonedPayments(
  db: Queryable,
  payments: AuthorizeCall & ReverseCall,
  log: Log,
  leaseMs: number = defaultLeaseMs,
): Promise<void> {
  await abandonKeys(db);
  for (let reversed = 0; reversed < batchSize; reversed++) {
    const lease = randomUUID();
    const claimedAt = performance.now();
    const payment = await claimPayment(db, lease, leaseMs);
    if (!payment) return;
    const { orderId, attempts } = payment;
    const renew = () => renewLease(db, orderId, lease, leaseMs);
    try {
      const reverse = (lost: AbortSignal) => reverseIfAuthorized(payments, payment, lost);
      await whileLeased({ leaseMs, renew } satisfies Lease, reverse, claimedAt);
      await db.query('DELETE FROM abandoned_payments WHERE order_id = $1 AND lease = $2', [orderId, lease]);
      log.info({ orderId }, 'abandoned payment reversed');
    } catch (err) {
      log.warn({ err, orderId }, 'abandoned payment not reversed; retrying later');
      if (err instanceof LeaseLost) continue;
      const retryAfterMs = err instanceof DomainError ? err.retryAfterMs : undefined;
      await postpone(db, orderId, lease, stepPauseMs(attempts + 1, retryAfterMs));
    }
  }
}

/**
 * Moves abandoned keys in one statement. A concurrent request with the same key either comes first, and the key is in
 * use again, or finds no key and begins a new order with its own id and payment. A request that is still running renews
 * its key.
 */
async function abandonKeys(db: Queryable): Promise<void> {
  await db.query(
    `WITH abandoned AS (
       DELETE FROM idempotency_keys WHERE state <> 'final' AND leased_until < now() - make_interval(secs => $1)
       RETURNING order_id, payment_token, amount_minor)
     INSERT INTO abandoned_payments (order_id, payment_token, amount_minor)
     SELECT order_id, payment_token, amount_minor FROM abandoned WHERE payment_token IS NOT NULL`,
    [abandonedAfterSeconds],
  );
}

async function claimPayment(db: Queryable, lease: string, leaseMs: number): Promise<AbandonedPayment | undefined> {
  const { rows } = await db.query<{
    order_id: string;
    payment_token: StoredToken;
    amount_minor: string;
    attempts: number;
    is_refusal_believed: boolean;
  }>(
    `UPDATE abandoned_payments SET lease = $1, leased_until = now() + make_interval(secs => $2), tried_at = now()
     WHERE order_id = (
       SELECT order_id FROM abandoned_payments
       WHERE (tried_at IS NULL OR next_attempt_at <= now()) AND (leased_until IS NULL OR leased_until < now())
       ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING order_id, payment_token, amount_minor, attempts,
       abandoned_at < now() - make_interval(mins => $3) AS is_refusal_believed`,
    [lease, leaseMs / 1000, refusalBelievedAfterMinutes],
  );
  return rows.map((row) => ({
    orderId: row.order_id,
    paymentToken: row.payment_token,
    amountMinor: Number(row.amount_minor),
    attempts: row.attempts,
    isRefusalBelieved: row.is_refusal_believed,
  }))[0];
}

async function renewLease(db: Queryable, orderId: string, lease: string, leaseMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE abandoned_payments SET leased_until = now() + make_interval(secs => $3)
     WHERE order_id = $1 AND lease = $2`,
    [orderId, lease, leaseMs / 1000],
  );
  return rowCount === 1;
}

async function postpone(db: Queryable, orderId: string, lease: string, pauseMs: number): Promise<void> {
  await db.query(
    `UPDATE abandoned_payments SET attempts = attempts + 1, lease = NULL, leased_until = NULL,
       next_attempt_at = now() + make_interval(secs => $3)
     WHERE order_id = $1 AND lease = $2`,
    [orderId, lease, pauseMs / 1000],
  );
}

/**
 * Reverses a payment that may have been authorized. A call with the same key returns the authorization, or makes it
 * now.
 */
async function reverseIfAuthorized(
  payments: AuthorizeCall & ReverseCall,
  payment: AbandonedPayment,
  lost: AbortSignal,
): Promise<void> {
  const answer = await authorizePayment(payments, payment, lost).catch((error: unknown) => {
    if (!payment.isRefusalBelieved || !hasCode(error, 'failed-precondition')) throw error;
    return undefined;
  });
  if (answer?.kind === 'authorized') await reversePayment(payments, payment.orderId, answer.authorizationId, lost);
}
