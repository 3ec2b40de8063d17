import { expect, it } from 'vitest';
import { checkComplete, serviceLinks, type Trace } from '../../cluster/trace/trace.ts';
import { check, hasStatus } from '../harness/check.ts';
import { consistently } from '../harness/eventually.ts';
import { send, traceIdOf } from '../harness/http.ts';
import { goodOrder, orderRequest, readPlaced, undeliverableOrder } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, jaeger } = useCluster();
const gateway = 'istio-ingressgateway.istio-system';

/**
 * The links while the customer waits. A call passes the sidecars of both sides. A call to the acquirer, which is
 * outside the mesh, passes only one.
 */
const customerLinks = [
  `${gateway}->orders.shop`,
  'orders.shop->orders',
  'orders->orders.shop',
  'orders.shop->inventory.shop',
  'inventory.shop->inventory',
  'orders.shop->payments.shop',
  'payments.shop->payments',
  'payments->payments.shop',
  'payments.shop->acquirer',
];

/** The links that follow, however the order ends: the saga's calls through sidecars, and events through Kafka. */
const sagaLinks = [
  'orders->orders-worker',
  'orders-worker->orders-worker.shop',
  'orders-worker.shop->inventory.shop',
  'orders-worker.shop->payments.shop',
  'orders-worker->fulfillment',
  'fulfillment->orders-worker',
  'orders-worker->notifications',
  'orders-worker->analytics',
];

const orders = [
  { name: 'confirmed', order: goodOrder, status: 201, links: [...customerLinks, ...sagaLinks], work: [] },
  {
    name: 'pending',
    order: { ...goodOrder, paymentToken: 'tok_slow' },
    status: 202,
    links: [...customerLinks, ...sagaLinks],
    work: ['orders-worker: Payments/Authorize'],
  },
  {
    name: 'declined',
    order: { ...goodOrder, paymentToken: 'tok_declined' },
    status: 402,
    links: customerLinks,
    work: [],
  },
  {
    name: 'cancelled',
    order: undeliverableOrder,
    status: 201,
    links: [...customerLinks, ...sagaLinks],
    work: ['inventory: Inventory/Release', 'payments: Payments/Reverse'],
  },
] as const;

/** Work that only some orders cause: the service that does it, and the end of the RPC's name. */
const optionalWork = orders.flatMap(({ work }) => work);

function workIn({ spans }: Trace): readonly string[] {
  return optionalWork.filter((work) => {
    const [service, rpc = ''] = work.split(': ');
    return spans.some((span) => span.service === service && span.operation.endsWith(rpc));
  });
}

// Each waits for its own trace, and most of that time for exporters.
it.concurrent.each(orders)(
  'the trace of a $name order, found by traceresponse, has every service from gateway to last consumer and no other',
  async ({ order, status, links, work }) => {
    const answer = check(await send(orderRequest(cluster.ingressUrl, order)), hasStatus(status));
    const expectWhole = (trace: Trace): void => {
      checkComplete(trace, [gateway]);
      expect(serviceLinks(trace)).toEqual(links.toSorted());
      expect(workIn(trace)).toEqual(work);
      const roots = trace.spans.filter(({ parentId }) => parentId === undefined);
      expect(roots.map(({ service }) => service)).toEqual([gateway]);
    };
    const traceId = traceIdOf(answer);
    await jaeger.waitForTrace(traceId, expectWhole, { timeoutMs: 60_000, intervalMs: 500 });
    // No other service joins later: exporters keep spans for a few seconds at most. A new span may arrive before its
    // parent, so this does not check that the trace is complete.
    const read = async () => expect(serviceLinks(await readTrace(traceId))).toEqual(links.toSorted());
    await consistently(read, { durationMs: 5_000, intervalMs: 1_000 });
  },
);

it('a trace is found by the id of its order', async () => {
  const answer = check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201));
  const traceId = traceIdOf(answer);
  await jaeger.waitForTrace(traceId, (each) => checkComplete(each, ['orders']));
  expect((await jaeger.findTraceOfOrder(readPlaced(answer).orderId))?.id).toBe(traceId);
});

async function readTrace(traceId: string): Promise<Trace> {
  const trace = await jaeger.readTrace(traceId);
  if (trace === undefined) throw new Error(`Jaeger has no trace ${traceId}`);
  return trace;
}
