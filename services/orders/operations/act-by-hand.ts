import type { Database, Queryable } from '../../lib/postgres/database.ts';
import { isOrderId } from '../order.ts';
import { type HeldSaga, lockSaga } from '../saga/locked-saga.ts';
import { addOrderReady } from '../saga/order-ready.ts';
import { causeOf } from '../saga/saga.ts';

export type ActionKind = 'retry' | 'cancel' | 'resume';

/** What an operator does to an order. */
export interface Action {
  readonly kind: ActionKind;
  readonly id: string;
  readonly reason: string;
  /** Who does it. */
  readonly by: string | undefined;
}

/**
 * Carries out an action of `npm run saga` and records it, in one transaction.
 * @returns what happens next, for the operator
 * @throws Error if there is no such order, or if its state does not allow the action; then nothing is changed
 */
export function actByHand(database: Database, { kind, id, reason, by }: Action): Promise<string> {
  return database.transaction(async (tx) => {
    const saga = isOrderId(id) ? await lockSaga(tx, id) : undefined;
    if (!saga) throw new Error(`There is no order ${id}: npm run saga -- list shows those that have not ended.`);
    if (saga.state === 'ended') throw new Error(`Order ${id} has ended: it is ${saga.status}.`);
    const next = await actions[kind](tx, saga);
    await tx.query('INSERT INTO order_actions (order_id, action, reason, by_whom) VALUES ($1, $2, $3, $4)', [
      id,
      kind,
      reason,
      by,
    ]);
    return `Order ${id}: ${next}.`;
  });
}

const actions: Record<ActionKind, (tx: Queryable, saga: HeldSaga) => Promise<string>> = {
  async retry(tx, { orderId, state }) {
    if (state === 'waiting') throw new Error(`Order ${orderId} waits for its shipment, not for a step: use resume.`);
    await tx.query('UPDATE sagas SET next_attempt_at = now() WHERE order_id = $1', [orderId]);
    return 'its next step is attempted now';
  },

  async cancel(tx, saga) {
    const { orderId, state, steps } = saga;
    if (causeOf(steps)) throw new Error(`Order ${orderId} is being cancelled already: use retry.`);
    if (steps.ship === 'done') throw new Error(`Order ${orderId} is shipped and cannot be cancelled.`);
    // While an order waits, `attempts` counts how often fulfillment was asked again (ask-again.ts).
    await tx.query(
      `UPDATE sagas SET cancel_requested_at = now(), next_attempt_at = now(),
         attempts = CASE WHEN state = 'waiting' THEN 0 ELSE attempts END WHERE order_id = $1`,
      [orderId],
    );
    if (state !== 'waiting') return 'it is cancelled before its next step, and what it holds is compensated';
    await addOrderReady(tx, saga, 'withdrawn');
    return 'it is cancelled if fulfillment has not shipped it; fulfillment was asked';
  },

  async resume(tx, saga) {
    if (saga.state !== 'waiting') throw new Error(`Order ${saga.orderId} does not wait for its shipment: use retry.`);
    const { isCancelRequested } = saga;
    await addOrderReady(tx, saga, isCancelRequested ? 'withdrawn' : 'repeated');
    return isCancelRequested
      ? 'fulfillment was asked again not to ship it'
      : 'fulfillment was told again that it can be shipped';
  },
};
