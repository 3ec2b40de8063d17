import { toProblem } from '../../lib/http/http-problem.ts';
import type { HttpReply } from '../../lib/http/route.ts';
import { DomainError, type Shortage } from '../../lib/runtime/domain-error.ts';
import type { OrderView } from './answers.ts';

export type { OrderStatus, OrderView } from './answers.ts';

/** The final result of a request to place an order, which its idempotency key returns from now on. */
export type Outcome =
  | { readonly kind: 'placed'; readonly order: OrderView }
  | { readonly kind: 'declined'; readonly reason: string }
  | { readonly kind: 'out-of-stock'; readonly items: readonly Shortage[] };

/** @param replayed true if the outcome was recorded by an earlier request with the same key */
export function toReply(outcome: Outcome, replayed: boolean): HttpReply {
  const headers = replayed ? { 'Idempotency-Replayed': 'true' } : {};
  if (outcome.kind === 'placed') {
    const location = `/v1/orders/${outcome.order.orderId}`;
    const status = outcome.order.status === 'pending' ? 202 : 201;
    return { status, headers: { ...headers, Location: location }, body: outcome.order };
  }
  const problem = toProblem(toError(outcome));
  return { status: problem.status, headers: { ...headers, 'Content-Type': 'application/problem+json' }, body: problem };
}

function toError(outcome: Exclude<Outcome, { kind: 'placed' }>): DomainError {
  if (outcome.kind === 'declined') return new DomainError('declined', `The payment was declined: ${outcome.reason}.`);
  const { items } = outcome;
  const lines = items.map(({ sku, requested, available }) => `${requested} of ${sku}, ${available} left`);
  return new DomainError('out-of-stock', `Not in stock: ${lines.join('; ')}.`, { items });
}
