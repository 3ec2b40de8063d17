import { currency } from '../contracts/catalogue.ts';
import type { Payments } from '../contracts/gen/windlass/payments/v1/payments_pb.js';
import { paymentTokens } from '../contracts/payment-tokens.ts';
import { requireValid, wrongIds } from '../lib/grpc/request-fields.ts';
import type { Handlers } from '../lib/grpc/server.ts';
import type { FieldError } from '../lib/runtime/domain-error.ts';
import { shorten } from '../lib/runtime/shorten.ts';
import type { PaymentOperations } from './payments.ts';

/** payments' implementation of its contract. */
export function paymentsHandlers(payments: PaymentOperations): Handlers<typeof Payments> {
  return {
    async authorize({ idempotencyKey, orderId, amount, paymentToken }) {
      requireValid([
        ...wrongIds({ idempotency_key: idempotencyKey, order_id: orderId }),
        ...missing({ 'amount.currency': amount?.currency, payment_token: paymentToken }),
        ...wrongAmount(amount?.amountMinor ?? 0n),
        ...unsupportedCurrency(amount?.currency ?? ''),
        ...unknownToken(paymentToken),
      ]);
      const request = { orderId, amountMinor: Number(amount?.amountMinor), currency, paymentToken };
      const result = await payments.authorize(idempotencyKey, request);
      return result.status === 'authorized'
        ? { outcome: { case: 'authorized', value: { authorizationId: result.id } } }
        : { outcome: { case: 'declined', value: { reason: result.reason } } };
    },
    async capture({ idempotencyKey, authorizationId }) {
      requireValid(wrongIds({ idempotency_key: idempotencyKey, authorization_id: authorizationId }));
      return { captureId: await payments.settle('captures', idempotencyKey, authorizationId) };
    },
    async reverse({ idempotencyKey, authorizationId }) {
      requireValid(wrongIds({ idempotency_key: idempotencyKey, authorization_id: authorizationId }));
      return { reversalId: await payments.settle('reversals', idempotencyKey, authorizationId) };
    },
  };
}

function missing(fields: Record<string, string | undefined>): FieldError[] {
  const names = Object.entries(fields).filter(([, value]) => !value);
  return names.map(([field]) => ({ field, message: 'is required' }));
}

/** The acquirer's API is JSON, whose readers may round numbers above 2^53 - 1. */
function wrongAmount(amountMinor: bigint): FieldError[] {
  if (amountMinor > 0n && amountMinor <= BigInt(Number.MAX_SAFE_INTEGER)) return [];
  const message = `must be 1 to ${Number.MAX_SAFE_INTEGER}, not ${amountMinor}`;
  return [{ field: 'amount.amount_minor', message }];
}

function unsupportedCurrency(given: string): FieldError[] {
  if (given === currency || given === '') return [];
  return [{ field: 'amount.currency', message: `must be ${currency}, not ${JSON.stringify(shorten(given))}` }];
}

/** The message never contains the token. */
function unknownToken(given: string): FieldError[] {
  if (given === '' || Object.hasOwn(paymentTokens, given)) return [];
  return [{ field: 'payment_token', message: 'must be a known payment token' }];
}
