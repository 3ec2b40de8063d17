import { currency } from '../../contracts/catalogue.ts';
import type { Stats } from '../../contracts/stats.ts';
import { type HttpProblem, toProblem, typeBase } from '../../lib/http/http-problem.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { toReply } from '../api/routes.ts';
import type { NewOrder, OrderView, OrderWithHistory } from '../order.ts';

/**
 * The examples of the public API. A response's example has the name of its request; openapi-replay.test.ts sends each
 * request and compares. The code that creates the real responses also creates these, unless it needs a database.
 */
const order: NewOrder = {
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'NO' },
  paymentToken: 'tok_ok',
};
const anotherOrder: NewOrder = { ...order, items: [{ sku: 'tee', quantity: 1 }] };

const orderId = '0f3c8f6e-9d43-4a52-8a0b-5c1f4c9b7d10';

/** The bodies of `POST /v1/orders`. There is none for `tooLarge`, which would take 64 KiB. */
export const requestExamples = {
  confirmed: order,
  pending: { ...order, paymentToken: 'tok_slow' },
  invalid: { ...order, items: [{ sku: 'mug', quantity: 0 }] },
  otherCustomer: { ...order, customerId: 'c-2' },
  declined: { ...order, paymentToken: 'tok_declined' },
  outOfStock: { ...order, items: [{ sku: 'gone', quantity: 1 }] },
  inFlight: order,
  keyReused: anotherOrder,
  unavailable: order,
} as const satisfies Record<string, NewOrder>;

const confirmed: OrderView = {
  orderId,
  status: 'confirmed',
  total: { currency, amountMinor: 2400 },
  estimatedDelivery: '2026-11-25',
};

export const orderExamples = { confirmed, pending: { ...confirmed, status: 'pending' } } as const;

export const orderWithHistoryExample: OrderWithHistory = {
  ...confirmed,
  history: [{ at: '2026-11-21T12:00:00.000Z', status: 'confirmed' }],
};

export const problemExamples = {
  invalid: toProblem(
    new DomainError('invalid', 'The order breaks 1 rule.', {
      errors: [{ field: 'items[0].quantity', message: 'must be a whole number from 1 to 1000, not 0' }],
    }),
  ),
  otherCustomer: toProblem(
    new DomainError('forbidden', 'The order names another customer than its token.', {
      errors: [{ field: 'customerId', message: "must be the token's customer, or left out" }],
    }),
  ),
  declined: toReply({ kind: 'declined', reason: 'insufficient funds' }, false).body,
  outOfStock: toReply({ kind: 'out-of-stock', items: [{ sku: 'gone', requested: 1, available: 0 }] }, false).body,
  inFlight: toProblem(new DomainError('in-flight', 'An order with this Idempotency-Key is being placed just now.')),
  tooLarge: toProblem(new DomainError('too-large', 'The body is over 65536 bytes.')),
  keyReused: toProblem(new DomainError('key-reused', 'The Idempotency-Key was used for an order with another body.')),
  unavailable: toProblem(new DomainError('unavailable', 'The database cannot be used just now.')),
  unknown: toProblem(new DomainError('not-found', 'There is no such order.')),
} as const;

const sendAgain = 'Send the same request again, an order with the same Idempotency-Key.';

/** What the gateway answers by itself, before or instead of a service. */
export const gatewayExamples = {
  noToken: {
    type: `${typeBase}/unauthenticated`,
    title: 'No valid token',
    status: 401,
    detail: 'Send a valid token: Authorization: Bearer <token>.',
  },
  noRole: {
    type: `${typeBase}/forbidden`,
    title: 'Not allowed',
    status: 403,
    detail: 'The token does not allow this request.',
  },
  tooSlow: {
    type: `${typeBase}/request-timeout`,
    title: 'The request came too slowly',
    status: 408,
    detail: sendAgain,
  },
  tooMany: {
    type: `${typeBase}/too-many-requests`,
    title: 'Too many requests',
    status: 429,
    detail: 'Wait as long as Retry-After says, then send the same request again.',
  },
  headersTooLarge: {
    type: `${typeBase}/headers-too-large`,
    title: 'The request is too large',
    status: 431,
    detail: 'Path and headers are over 8 KiB.',
  },
  timeout: { type: `${typeBase}/timeout`, title: 'No answer in time', status: 504, detail: sendAgain },
} as const satisfies Record<string, HttpProblem>;

export const statsExample: Stats = {
  orders: { total: 3, open: 1, fulfilled: 1, cancelled: 1 },
  cancelledByReason: { 'out-of-stock': 1 },
  revenue: { [currency]: 2400 },
  perMinute: [{ at: '2026-11-21T12:00:00.000Z', orders: 3, revenue: { [currency]: 2400 }, cancellations: 1 }],
};
