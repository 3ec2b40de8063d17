import type { Payments } from '../../contracts/gen/windlass/payments/v1/payments_pb.js';
import { money } from '../../contracts/money.ts';
import type { Calls } from '../../lib/grpc/client.ts';
import { DomainError, hasCode } from '../../lib/runtime/domain-error.ts';
import type { StoredToken, TokenVault } from '../tokens/token-vault.ts';

/**
 * The calls of payments that have several callers: placing an order, the saga, and the reversal of abandoned payments.
 * All callers use the same keys for the same order.
 */
export type AuthorizeCall = Pick<Calls<typeof Payments>, 'authorize'>;
export type ReverseCall = Pick<Calls<typeof Payments>, 'reverse'>;

export type PaymentAnswer =
  | { readonly kind: 'authorized'; readonly authorizationId: string }
  | { readonly kind: 'declined'; readonly reason: string };

/** The payment of an order. */
export interface Payment {
  readonly orderId: string;
  readonly amountMinor: number;
  readonly paymentToken: StoredToken;
}

/** Calls of payments that take a stored token: it is in plain text in the call only, which the mesh encrypts. */
export function openingTokens<Calls extends AuthorizeCall>(payments: Calls, vault: TokenVault): Calls {
  return {
    ...payments,
    authorize: ({ paymentToken = '', ...request }, signal) =>
      payments.authorize({ ...request, paymentToken: vault.open(paymentToken as StoredToken) }, signal),
  };
}

/**
 * @throws DomainError `failed-precondition` if the acquirer refuses the request permanently; otherwise there is no
 *   answer: then the same call may be made again
 */
export async function authorizePayment(
  payments: AuthorizeCall,
  { orderId, amountMinor, paymentToken }: Payment,
  signal?: AbortSignal,
): Promise<PaymentAnswer> {
  const request = { idempotencyKey: `authorize:${orderId}`, orderId, amount: money(amountMinor), paymentToken };
  const { outcome } = await payments.authorize(request, signal);
  switch (outcome.case) {
    case 'authorized':
      return { kind: 'authorized', authorizationId: outcome.value.authorizationId };
    case 'declined':
      return { kind: 'declined', reason: outcome.value.reason };
    default:
      throw new DomainError('internal', 'payments answered neither authorized nor declined.');
  }
}

/** Reverses what was authorized or captured. If there is nothing, or it was reversed before, that counts as success. */
export async function reversePayment(
  payments: ReverseCall,
  orderId: string,
  authorizationId: string,
  signal?: AbortSignal,
): Promise<void> {
  const request = { idempotencyKey: `reverse:${orderId}`, authorizationId };
  await payments.reverse(request, signal).catch((error: unknown) => {
    if (!hasCode(error, 'not-found') && !hasCode(error, 'failed-precondition')) throw error;
  });
}
