import type { HttpRoute } from '../../lib/http/route.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { openapi } from '../openapi/openapi.ts';
import { isOrderId } from '../store/order-id.ts';
import { readOrder } from '../store/store.ts';
import { readOrderRequest } from './order-request.ts';
import { toReply } from './outcome.ts';
import { type PlaceOrderDeps, placeOrder } from './place-order.ts';

export function ordersRoutes(deps: PlaceOrderDeps): HttpRoute[] {
  return [
    {
      method: 'post',
      path: '/v1/orders',
      handle: async ({ header, body }) => {
        const request = readOrderRequest(header('idempotency-key'), body);
        const { outcome, replayed } = await placeOrder(deps, request);
        return toReply(outcome, replayed);
      },
    },
    {
      method: 'get',
      path: '/v1/orders/{id}',
      handle: async ({ params: { id = '' } }) => {
        const order = isOrderId(id) ? await readOrder(deps.database, id) : undefined;
        if (!order) throw new DomainError('not-found', 'There is no such order.');
        return { status: 200, body: order };
      },
    },
    {
      // Where a version 2 will be (docs/api-versions.md). A route, so that its policy can be proven.
      method: 'get',
      path: '/v2/{resource}',
      handle: ({ params: { resource } }) => {
        throw new DomainError('not-found', `There is no GET /v2/${resource} here.`);
      },
    },
    { method: 'get', path: '/v1/openapi.json', handle: () => ({ status: 200, body: openapi }) },
  ];
}
