import { expect, it } from 'vitest';
import { send, traceIdOf } from './harness/call.ts';
import { check, hasStatus } from './harness/check.ts';
import { orderCall, readPlaced } from './harness/order.ts';
import type { ServiceName } from './harness/services.ts';
import { checkComplete, servicePath } from './harness/trace.ts';
import { useCluster } from './harness/use-cluster.ts';

const { cluster, jaeger } = useCluster();
const gateway = 'istio-ingressgateway.istio-system';

/** How a reader expects each service of an order to be reached: through the sidecars of both sides, and across Kafka without any. */
const expectedPaths = {
  orders: [gateway, 'orders.shop', 'orders'],
  inventory: [gateway, 'orders.shop', 'orders', 'orders.shop', 'inventory.shop', 'inventory'],
  payments: [gateway, 'orders.shop', 'orders', 'orders.shop', 'payments.shop', 'payments'],
  // The acquirer is outside the mesh: one Envoy only.
  acquirer: [gateway, 'orders.shop', 'orders', 'orders.shop', 'payments.shop', 'payments', 'payments.shop', 'acquirer'],
  'orders-worker': [gateway, 'orders.shop', 'orders', 'orders-worker'],
  notifications: [gateway, 'orders.shop', 'orders', 'orders-worker', 'notifications'],
} as const satisfies Partial<Record<ServiceName, readonly string[]>>;
const services = Object.keys(expectedPaths) as (keyof typeof expectedPaths)[];

it('one trace, found by traceresponse, holds the whole order from the gateway to the last consumer', async () => {
  const answer = check(await send(orderCall(cluster.ingressUrl)), hasStatus(201));
  const trace = await jaeger.waitForTrace(traceIdOf(answer), (each) => checkComplete(each, [gateway, ...services]));

  const roots = trace.spans.filter(({ parentId }) => parentId === undefined);
  expect(roots.map(({ service }) => service)).toEqual([gateway]);
  for (const service of services) {
    const paths = trace.spans.filter((span) => span.service === service).map((span) => servicePath(trace, span));
    expect(paths[0], service).toEqual(expectedPaths[service]);
    for (const path of paths) expect(path, `every span of ${service}`).toEqual(expectedPaths[service]);
  }
});

it('a trace is found by the id of its order', async () => {
  const answer = check(await send(orderCall(cluster.ingressUrl)), hasStatus(201));
  const traceId = traceIdOf(answer);
  await jaeger.waitForTrace(traceId, (each) => checkComplete(each, ['orders']));
  expect((await jaeger.findTraceOfOrder(readPlaced(answer).orderId))?.id).toBe(traceId);
});
