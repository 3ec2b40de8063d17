import {
  orderConfirmed,
  orderReady,
  paymentAuthorized,
  paymentCaptured,
  paymentDeclined,
  paymentReversed,
} from '../../contracts/events.ts';
import { money } from '../../contracts/money.ts';
import { DomainError, hasCode } from '../../lib/runtime/domain-error.ts';
import { addOrderEvent, orderLines } from '../store/order-events.ts';
import { changeStatus, settleAuthorization } from '../store/store.ts';
import { authorizePayment, reversePayment } from './payment-calls.ts';
import type { SagaOrder } from './saga-store.ts';
import type { Partners, StepResult } from './step.ts';

/** Requests the authorization that the customer did not wait for, and confirms the order with it. */
export async function authorize(order: SagaOrder, { payments }: Partners): Promise<StepResult> {
  const { orderId, totalMinor: amountMinor } = order;
  const paymentToken = known(order.paymentToken, 'payment token');
  const answer = await authorizePayment(payments, { orderId, amountMinor, paymentToken });
  if (answer.kind === 'declined') {
    const { reason } = answer;
    return {
      isRejected: true,
      detail: { reason },
      async record(tx) {
        await settleAuthorization(tx, orderId, undefined);
        await addOrderEvent(tx, paymentDeclined, orderId, { orderId, reason });
      },
    };
  }
  const { authorizationId } = answer;
  return {
    isRejected: false,
    detail: { authorizationId },
    learned: { authorizationId },
    async record(tx) {
      await settleAuthorization(tx, orderId, authorizationId);
      await changeStatus(tx, orderId, 'confirmed');
      await addOrderEvent(tx, paymentAuthorized, orderId, { orderId, authorizationId, amount: money(amountMinor) });
      await addOrderEvent(tx, orderConfirmed, orderId, { orderId });
    },
  };
}

/** Captures the money; then the order can be shipped. A rejection means that the authorization no longer exists. */
export async function capture(order: SagaOrder, { payments }: Partners): Promise<StepResult> {
  const { orderId, items, country, totalMinor } = order;
  const authorizationId = known(order.authorizationId, 'authorization');
  try {
    const { captureId } = await payments.capture({ idempotencyKey: `capture:${orderId}`, authorizationId });
    return {
      isRejected: false,
      detail: { captureId },
      async record(tx) {
        await addOrderEvent(tx, paymentCaptured, orderId, { orderId, authorizationId, amount: money(totalMinor) });
        await addOrderEvent(tx, orderReady, orderId, { orderId, lines: orderLines(items), country });
      },
    };
  } catch (error) {
    if (!hasCode(error, 'failed-precondition') && !hasCode(error, 'not-found')) throw error;
    return { isRejected: true, detail: { reason: error.message }, record: async () => {} };
  }
}

/** Reverses the authorization, including what was captured of it. */
export async function reverse(order: SagaOrder, { payments }: Partners): Promise<StepResult> {
  const { orderId, totalMinor } = order;
  const authorizationId = known(order.authorizationId, 'authorization');
  await reversePayment(payments, orderId, authorizationId);
  const data = { orderId, authorizationId, amount: money(totalMinor) };
  return { isRejected: false, record: (tx) => addOrderEvent(tx, paymentReversed, orderId, data) };
}

/** The order of the saga's steps ensures that the value is there. */
function known(value: string | undefined, what: string): string {
  if (value === undefined) throw new DomainError('internal', `The order has no ${what}.`);
  return value;
}
