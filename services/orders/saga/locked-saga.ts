/** Changes of sagas under a row lock, also while a worker has their lease: by operators, and by fulfillment's reports. */
import type { Queryable } from '../../lib/postgres/database.ts';
import type { OrderItem, OrderStatus } from '../order.ts';
import { causeOf, type SagaState, type Steps, stateOf } from './saga.ts';
import { isCancelRequested, type SagaOrder, stepsOf, writeSteps } from './saga-store.ts';
import { fromStored, type StoredSteps } from './stored-steps.ts';

/** A saga that the caller's transaction has locked. */
export interface HeldSaga extends Pick<SagaOrder, 'orderId' | 'items' | 'country'> {
  readonly state: SagaState;
  readonly status: OrderStatus;
  readonly steps: Steps;
  /** An operator wants the order cancelled. */
  readonly isCancelRequested: boolean;
}

/**
 * Locks a saga, then reads it: one statement could read steps that are older than its lock.
 * @returns undefined if there is no such order
 */
export async function lockSaga(tx: Queryable, orderId: string): Promise<HeldSaga | undefined> {
  await tx.query('SELECT 1 FROM sagas WHERE order_id = $1 FOR UPDATE', [orderId]);
  const { rows } = await tx.query<{
    state: SagaState;
    status: OrderStatus;
    steps: StoredSteps;
    items: OrderItem[];
    country: string;
    is_cancel_requested: boolean;
  }>(
    `SELECT s.state, o.status, o.items, o.shipping_address->>'country' AS country, ${isCancelRequested},
       ${stepsOf('s.order_id')} AS steps
     FROM sagas s JOIN orders o ON o.id = s.order_id WHERE s.order_id = $1`,
    [orderId],
  );
  return rows.map(({ is_cancel_requested, ...row }) => ({
    ...row,
    orderId,
    steps: fromStored(row.steps),
    isCancelRequested: is_cancel_requested,
  }))[0];
}

/**
 * Records fulfillment's report about a shipment if the order waits for it, in the transaction of the inbox.
 * @returns false if the order does not wait: the event is late, or older than a reset of the database
 */
export async function recordShipment(
  tx: Queryable,
  orderId: string,
  decide: (steps: Steps) => Steps,
  detail: object | undefined,
): Promise<boolean> {
  const { rows: waiting } = await tx.query<{ is_cancel_requested: boolean }>(
    `SELECT ${isCancelRequested} FROM sagas WHERE order_id = $1 AND state = 'waiting' FOR UPDATE`,
    [orderId],
  );
  if (!waiting[0]) return false;
  const { rows } = await tx.query<{ steps: StoredSteps }>(`SELECT ${stepsOf('$1')} AS steps`, [orderId]);
  const before = fromStored(rows[0]?.steps as StoredSteps);
  const after = decide(before);
  // While the order waited, attempts counted how often fulfillment was asked again.
  await tx.query(
    'UPDATE sagas SET state = $2, reason = $3, attempts = 0, next_attempt_at = now() WHERE order_id = $1',
    [orderId, stateOf(after), causeOf(after, waiting[0].is_cancel_requested)],
  );
  await writeSteps(tx, orderId, { step: 'ship', before, after, detail });
  return true;
}
