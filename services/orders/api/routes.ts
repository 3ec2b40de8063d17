import type { HttpReply, HttpRoute } from '../../lib/http/route.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { shorten } from '../../lib/runtime/shorten.ts';
import { isOrderId, type Outcome } from '../order.ts';
import { readOrder } from '../store/store.ts';
import { toOrderProblem } from './order-problems.ts';
import { readOrderRequest } from './order-request.ts';
import { type PlaceOrderDeps, placeOrder } from './place-order.ts';
import { readPrincipal } from './principal.ts';

/** The role that may read the orders of all customers. */
const readerOfAll = 'support';

export function ordersRoutes(deps: PlaceOrderDeps): HttpRoute[] {
  return [
    {
      method: 'post',
      path: '/v1/orders',
      handle: async ({ header, body }) => {
        const { customerId } = readPrincipal(header);
        const request = readOrderRequest(customerId, header('Idempotency-Key'), body);
        const { outcome, replayed } = await placeOrder(deps, request);
        return toReply(outcome, replayed);
      },
    },
    {
      method: 'get',
      path: '/v1/orders/{id}',
      handle: async ({ header, params: { id = '' } }) => {
        const { customerId, roles } = readPrincipal(header);
        const reader = roles.includes(readerOfAll) ? 'anyone' : { customerId };
        const order = isOrderId(id) ? await readOrder(deps.database, id, reader) : undefined;
        if (!order) throw new DomainError('not-found', 'There is no such order.');
        return { status: 200, body: order };
      },
    },
    {
      // The place of a version 2 (docs/api-versions.md), as a route, so that its policy can be proven.
      method: 'get',
      path: '/v2/{resource}',
      handle: ({ params: { resource = '' } }) => {
        throw new DomainError('not-found', `There is no GET /v2/${shorten(resource)} here.`);
      },
    },
  ];
}

/** @param replayed true if an earlier request with the same key recorded the outcome */
export function toReply(outcome: Outcome, replayed: boolean): HttpReply {
  const headers = replayed ? { 'Idempotency-Replayed': 'true' } : {};
  if (outcome.kind === 'placed') {
    const location = `/v1/orders/${outcome.order.orderId}`;
    const status = outcome.order.status === 'pending' ? 202 : 201;
    return { status, headers: { ...headers, Location: location }, body: outcome.order };
  }
  const problem = toOrderProblem(outcome);
  return { status: problem.status, headers: { ...headers, 'Content-Type': 'application/problem+json' }, body: problem };
}
