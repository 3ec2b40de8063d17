import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../lib/postgres/database.ts';
import { deleteInBatches } from '../../lib/postgres/delete-in-batches.ts';
import { fingerprint } from '../../lib/postgres/idempotency.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import type { OrderRequest, Outcome } from '../order.ts';
import type { StoredToken } from '../tokens/token-vault.ts';

/** How long a key stays with a pod that died, in milliseconds. A request that is running renews its lease. */
export const keyLeaseMs = 30_000;
export const keysKeptHours = 24;

/** A key that this request holds. */
export interface ClaimedKey {
  readonly kind: 'claimed';
  readonly orderId: string;
  /** The price when the order id was first used. No later request with the key may ask payments for another amount. */
  readonly amountMinor: number;
  readonly lease: string;
  /** An earlier request with the key used the order id, and may have authorized the payment. */
  readonly isContinued: boolean;
  /** The database's time of the claim. */
  readonly at: Date;
}

export type Claim = ClaimedKey | { readonly kind: 'final'; readonly outcome: Outcome };

/**
 * Claims the customer's key for this request, or reads the outcome of an earlier request.
 *
 * A released key, and a key whose pod died, keeps its order id: the payment may have been authorized already, and only
 * the same order id leads to the same payment key. It keeps its amount, too, even if prices have changed since. Such a
 * key accepts only the same body, until abandoned-payments.ts takes it.
 *
 * @param payment the price of the order now, and its token as it is stored
 * @throws DomainError `in-flight`, `key-reused`
 */
export async function claimOrderKey(
  db: Queryable,
  { idempotencyKey, order }: OrderRequest,
  { amountMinor, paymentToken }: { readonly amountMinor: number; readonly paymentToken: StoredToken },
): Promise<Claim> {
  const params = [order.customerId, idempotencyKey, fingerprint(order)];
  const [lease, newOrderId] = [randomUUID(), randomUUID()];
  const { rows: claimed } = await db.query<{ order_id: string; amount_minor: string; at: Date }>(
    `INSERT INTO idempotency_keys AS k
       (customer_id, key, fingerprint, order_id, state, leased_until, lease, payment_token, amount_minor)
     VALUES ($1, $2, $3, $4, 'in-flight', now() + make_interval(secs => $5), $6, $7, $8)
     ON CONFLICT (customer_id, key) DO UPDATE SET
       fingerprint = excluded.fingerprint,
       order_id = CASE WHEN k.state = 'final' THEN excluded.order_id ELSE k.order_id END,
       state = 'in-flight', leased_until = excluded.leased_until, lease = excluded.lease, outcome = NULL, created_at = now(),
       payment_token = excluded.payment_token,
       amount_minor = CASE WHEN k.state = 'final' THEN excluded.amount_minor
         ELSE coalesce(k.amount_minor, excluded.amount_minor) END
     WHERE ${isExpired}
       OR (k.fingerprint = excluded.fingerprint
         AND (k.state = 'released' OR (k.state = 'in-flight' AND k.leased_until < now())))
     RETURNING order_id, amount_minor, clock_timestamp() AS at`,
    [...params, newOrderId, keyLeaseMs / 1000, lease, paymentToken, amountMinor],
  );
  if (claimed[0]) {
    const { order_id: orderId, amount_minor, at } = claimed[0];
    return {
      kind: 'claimed',
      orderId,
      amountMinor: Number(amount_minor),
      lease,
      isContinued: orderId !== newOrderId,
      at,
    };
  }

  const { rows } = await db.query<{ same: boolean; outcome: Outcome | null }>(
    'SELECT fingerprint = $3 AS same, outcome FROM idempotency_keys WHERE customer_id = $1 AND key = $2',
    params,
  );
  if (rows[0]?.same === false) {
    throw new DomainError('key-reused', 'The Idempotency-Key was used for an order with another body.');
  }
  if (rows[0]?.outcome) return { kind: 'final', outcome: rows[0].outcome };
  throw new DomainError('in-flight', 'An order with this Idempotency-Key is being placed just now.');
}

/** Only final keys expire: an unfinished key may stand for money that is held. */
const isExpired = `(k.state = 'final' AND k.created_at < now() - interval '${keysKeptHours} hours')`;

/**
 * Lets the request's lease of the key begin again now.
 * @returns false if another request has taken over the key
 */
export async function renewOrderKey(
  db: Queryable,
  { idempotencyKey, order }: OrderRequest,
  { lease }: ClaimedKey,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE idempotency_keys SET leased_until = now() + make_interval(secs => $4)
     WHERE customer_id = $1 AND key = $2 AND lease = $3 AND state = 'in-flight'`,
    [order.customerId, idempotencyKey, lease, keyLeaseMs / 1000],
  );
  return rowCount === 1;
}

/**
 * Records the outcome of the request, as the first statement in the transaction that stores the order.
 * @throws DomainError `in-flight` if another request has taken over the key
 */
export async function finishOrderKey(
  db: Queryable,
  { idempotencyKey, order }: OrderRequest,
  { lease }: ClaimedKey,
  outcome: Outcome,
): Promise<void> {
  const { rowCount } = await db.query(
    `UPDATE idempotency_keys SET state = 'final', outcome = $4, payment_token = NULL, amount_minor = NULL
     WHERE customer_id = $1 AND key = $2 AND lease = $3`,
    [order.customerId, idempotencyKey, lease, JSON.stringify(outcome)],
  );
  if (rowCount === 0) throw new DomainError('in-flight', 'Another request has taken this Idempotency-Key over.');
}

/** Releases the key after a failure. The next request with it continues with the same order id. */
export async function releaseOrderKey(
  db: Queryable,
  { idempotencyKey, order }: OrderRequest,
  { lease }: ClaimedKey,
): Promise<void> {
  await db.query(
    `UPDATE idempotency_keys SET state = 'released'
     WHERE customer_id = $1 AND key = $2 AND lease = $3 AND state = 'in-flight'`,
    [order.customerId, idempotencyKey, lease],
  );
}

/** Deletes a key under whose order id no partner was asked: released, it would be authorized, only to be reversed. */
export async function deleteOrderKey(
  db: Queryable,
  { idempotencyKey, order }: OrderRequest,
  { lease }: ClaimedKey,
): Promise<void> {
  await db.query(
    `DELETE FROM idempotency_keys WHERE customer_id = $1 AND key = $2 AND lease = $3 AND state = 'in-flight'`,
    [order.customerId, idempotencyKey, lease],
  );
}

/** Deletes expired keys. */
export async function purgeOrderKeys(db: Queryable): Promise<void> {
  await deleteInBatches(db, 'idempotency_keys', 'ctid', `SELECT ctid FROM idempotency_keys AS k WHERE ${isExpired}`);
}
