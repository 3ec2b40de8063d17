import { randomUUID } from 'node:crypto';
import { DomainError } from '../lib/errors/domain-error.ts';
import { fingerprint } from '../lib/idempotency/idempotency.ts';
import type { Queryable } from '../lib/postgres/database.ts';
import type { OrderRequest } from './order-request.ts';
import type { Outcome } from './outcome.ts';

/**
 * The customers' keys. Unlike lib/idempotency, a key that is in use answers at once instead of waiting, and a request that
 * failed gives its key back.
 */
export const keysMigration = `
  CREATE TABLE idempotency_keys (
    customer_id text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    order_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('in-flight', 'released', 'final')),
    leased_until timestamptz NOT NULL,
    outcome json,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, key)
  )`;

/**
 * Longer than any request lives, since the mesh cuts its calls long before: a key still in flight after that belongs to a
 * pod that died.
 */
const leaseSeconds = 30;
const keptHours = 24;

export type Claim =
  | { readonly kind: 'claimed'; readonly orderId: string }
  | { readonly kind: 'final'; readonly outcome: Outcome };

/**
 * Takes the customer's key for this request, or finds how it ended.
 *
 * A released key, and one whose pod died, keeps its order id for the same body: the payment may have been authorized
 * already, and only the same order id leads to the same payment key.
 * @throws DomainError `in-flight`, `key-reused`
 */
export async function claimOrderKey(db: Queryable, { idempotencyKey, order }: OrderRequest): Promise<Claim> {
  const params = [order.customerId, idempotencyKey, fingerprint(order)];
  const { rows: claimed } = await db.query<{ order_id: string }>(
    `INSERT INTO idempotency_keys AS k (customer_id, key, fingerprint, order_id, state, leased_until)
     VALUES ($1, $2, $3, $4, 'in-flight', now() + make_interval(secs => $5))
     ON CONFLICT (customer_id, key) DO UPDATE SET
       fingerprint = excluded.fingerprint,
       order_id = CASE WHEN k.fingerprint = excluded.fingerprint AND NOT ${isExpired} THEN k.order_id ELSE excluded.order_id END,
       state = 'in-flight', leased_until = excluded.leased_until, outcome = NULL, created_at = now()
     WHERE k.state = 'released' OR ${isExpired}
       OR (k.state = 'in-flight' AND k.leased_until < now() AND k.fingerprint = excluded.fingerprint)
     RETURNING order_id`,
    [...params, randomUUID(), leaseSeconds],
  );
  if (claimed[0]) return { kind: 'claimed', orderId: claimed[0].order_id };

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

const isExpired = `k.created_at < now() - interval '${keptHours} hours'`;

/** Records how the request ended. */
export async function finishOrderKey(db: Queryable, request: OrderRequest, outcome: Outcome): Promise<void> {
  await db.query("UPDATE idempotency_keys SET state = 'final', outcome = $3 WHERE customer_id = $1 AND key = $2", [
    request.order.customerId,
    request.idempotencyKey,
    JSON.stringify(outcome),
  ]);
}

/** Gives the key back after a failure: the next request with it starts anew, with this body or another. */
export async function releaseOrderKey(db: Queryable, { idempotencyKey, order }: OrderRequest): Promise<void> {
  await db.query(
    "UPDATE idempotency_keys SET state = 'released' WHERE customer_id = $1 AND key = $2 AND state = 'in-flight'",
    [order.customerId, idempotencyKey],
  );
}

/** Deletes the keys that are no longer kept. */
export async function purgeOrderKeys(db: Queryable): Promise<void> {
  await db.query(`DELETE FROM idempotency_keys AS k WHERE ${isExpired}`);
}
