import type { Payments } from '../contracts/gen/windlass/payments/v1/payments_pb.js';
import type { FieldError } from '../lib/errors/domain-error.ts';
import type { Handlers } from '../lib/grpc/server.ts';
import { invalid } from '../lib/validation/validate.ts';
import type { PaymentOperations } from './payments.ts';

/** payments' side of the contract. */
export function paymentsHandlers(payments: PaymentOperations): Handlers<typeof Payments> {
  return {
    async authorize({ idempotencyKey, orderId, amount, paymentToken }) {
      requireFields({ order_id: orderId, 'amount.currency': amount?.currency, payment_token: paymentToken });
      const amountMinor = Number(amount?.amountMinor ?? 0n);
      if (!Number.isSafeInteger(amountMinor) || amountMinor <= 0) {
        throw invalid('request', [{ field: 'amount.amount_minor', message: `must be positive, not ${amountMinor}` }]);
      }
      const currency = amount?.currency ?? '';
      const result = await payments.authorize(idempotencyKey, { orderId, amountMinor, currency, paymentToken });
      return result.status === 'authorized'
        ? { outcome: { case: 'authorized', value: { authorizationId: result.id } } }
        : { outcome: { case: 'declined', value: { reason: result.reason } } };
    },
    async capture({ idempotencyKey, authorizationId }) {
      requireFields({ authorization_id: authorizationId });
      return { captureId: await payments.settle('captures', idempotencyKey, authorizationId) };
    },
    async reverse({ idempotencyKey, authorizationId }) {
      requireFields({ authorization_id: authorizationId });
      return { reversalId: await payments.settle('reversals', idempotencyKey, authorizationId) };
    },
  };
}

function requireFields(fields: Record<string, string | undefined>): void {
  const missing = Object.entries(fields).filter(([, value]) => !value);
  const errors: FieldError[] = missing.map(([field]) => ({ field, message: 'is required' }));
  if (errors.length > 0) throw invalid('request', errors);
}
