import type { Log } from '../../lib/observability/log.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import { type AuthorizeCall, authorizePayment, type ReverseCall, reversePayment } from './payment-calls.ts';

const abandonedAfterSeconds = 60;
const retryAfterSeconds = 10;
const batchSize = 20;

interface AbandonedPayment {
  readonly order_id: string;
  readonly payment_token: string;
  readonly amount_minor: string;
}

/** Runs one round: finds abandoned payments and reverses them. A reversal that fails waits for a later round. */
export async function reverseAbandonedPayments(
  db: Queryable,
  payments: AuthorizeCall & ReverseCall,
  log: Log,
): Promise<void> {
  await abandonKeys(db);
  const { rows } = await db.query<AbandonedPayment>(
    `UPDATE abandoned_payments SET tried_at = now() WHERE order_id IN (
       SELECT order_id FROM abandoned_payments
       WHERE tried_at IS NULL OR tried_at < now() - make_interval(secs => $2)
       ORDER BY tried_at NULLS FIRST LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING order_id, payment_token, amount_minor`,
    [batchSize, retryAfterSeconds],
  );
  for (const payment of rows) {
    const orderId = payment.order_id;
    await reverseIfAuthorized(payments, payment)
      .then(() => db.query('DELETE FROM abandoned_payments WHERE order_id = $1', [orderId]))
      .then(() => log.info({ orderId }, 'abandoned payment reversed'))
      .catch((err: unknown) => log.warn({ err, orderId }, 'abandoned payment not reversed; retrying later'));
  }
}

/**
 * Moves abandoned keys in one statement. A concurrent request with the same key either comes first, and the key is in
 * use again, or finds no key and begins a new order with its own id and payment.
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

/**
 * Reverses a payment that may have been authorized. A call with the same key returns the authorization, or makes it
 * now.
 */
async function reverseIfAuthorized(payments: AuthorizeCall & ReverseCall, payment: AbandonedPayment): Promise<void> {
  const orderId = payment.order_id;
  const request = { orderId, amountMinor: Number(payment.amount_minor), paymentToken: payment.payment_token };
  const answer = await authorizePayment(payments, request);
  if (answer.kind === 'authorized') await reversePayment(payments, orderId, answer.authorizationId);
}
