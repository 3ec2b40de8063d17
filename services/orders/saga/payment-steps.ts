import {
  orderConfirmed,
  paymentAuthorized,
  paymentCaptured,
  paymentDeclined,
  paymentReversed,
} from '../../contracts/events.ts';
import { money } from '../../contracts/money.ts';
import { DomainError, hasCode } from '../../lib/runtime/domain-error.ts';
import { addOrderEvent } from '../store/order-events.ts';
import { changeStatus, settleAuthorization } from '../store/store.ts';
import { abandonPayment } from './abandoned-payments.ts';
import { addOrderReady } from './order-ready.ts';
import { authorizePayment, type Payment, reversePayment } from './payment-calls.ts';
import type { Steps } from './saga.ts';
import type { SagaOrder } from './saga-store.ts';
import type { Partners, StepResult } from './step.ts';

/** Requests the authorization that the customer did not wait for, and confirms the order with it. */
export async function authorize(order: SagaOrder, { payments }: Partners, lost: AbortSignal): Promise<StepResult> {
  const { orderId, totalMinor: amountMinor } = order;
  const payment = paymentOf(order);
  const answer = await authorizePayment(payments, payment, lost).catch((error: unknown): RefusedPayment => {
    if (!hasCode(error, 'failed-precondition')) throw error;
    return { kind: 'refused', reason: 'the acquirer refused the payment', error: error.message };
  });
  if (answer.kind === 'refused') {
    const { reason, error } = answer;
    return {
      isRejected: true,
      detail: { reason: error },
      async record(tx) {
        // The acquirer says that nothing is held. That is checked, because earlier attempts may have had no answer.
        await abandonPayment(tx, payment);
        await settleAuthorization(tx, orderId, undefined);
        await addOrderEvent(tx, paymentDeclined, orderId, { orderId, reason });
      },
    };
  }
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

interface RefusedPayment {
  readonly kind: 'refused';
  readonly reason: string;
  readonly error: string;
}

/** Cancels the order as an operator wants. A payment that may have been authorized without an answer is reversed. */
export function cancelByHand(order: SagaOrder, { authorize: authorization }: Steps): StepResult {
  return {
    isRejected: true,
    async record(tx) {
      if (authorization !== 'todo') return;
      await abandonPayment(tx, paymentOf(order));
      await settleAuthorization(tx, order.orderId, undefined);
    },
  };
}

function paymentOf({ orderId, totalMinor: amountMinor, paymentToken }: SagaOrder): Payment {
  return { orderId, amountMinor, paymentToken: known(paymentToken, 'payment token') };
}

/** Captures the money; then the order can be shipped. After a rejection, the authorization is reversed. */
export async function capture(order: SagaOrder, { payments }: Partners, lost: AbortSignal): Promise<StepResult> {
  const { orderId, totalMinor } = order;
  const authorizationId = known(order.authorizationId, 'authorization');
  try {
    const { captureId } = await payments.capture({ idempotencyKey: `capture:${orderId}`, authorizationId }, lost);
    return {
      isRejected: false,
      detail: { captureId },
      async record(tx) {
        await addOrderEvent(tx, paymentCaptured, orderId, { orderId, authorizationId, amount: money(totalMinor) });
        await addOrderReady(tx, order);
      },
    };
  } catch (error) {
    if (!hasCode(error, 'failed-precondition') && !hasCode(error, 'not-found')) throw error;
    return { isRejected: true, detail: { reason: error.message }, record: async () => {} };
  }
}

/** Reverses the authorization, including what was captured of it. */
export async function reverse(order: SagaOrder, { payments }: Partners, lost: AbortSignal): Promise<StepResult> {
  const { orderId, totalMinor } = order;
  const authorizationId = known(order.authorizationId, 'authorization');
  await reversePayment(payments, orderId, authorizationId, lost);
  const data = { orderId, authorizationId, amount: money(totalMinor) };
  return { isRejected: false, record: (tx) => addOrderEvent(tx, paymentReversed, orderId, data) };
}

/** The order of the saga's steps ensures that the value is there. */
function known<Value extends string>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new DomainError('internal', `The order has no ${what}.`);
  return value;
}
