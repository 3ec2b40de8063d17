import { beforeEach, describe, expect, it } from 'vitest';
import { policies } from '../../cdk8s/policies.ts';
import type { Trace } from '../../cluster/trace/trace.ts';
import { check, hasStatus } from '../harness/check.ts';
import { send, traceIdOf } from '../harness/http.ts';
import { orderRequest } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin, jaeger, routes } = useCluster();

const deadlineExceeded = '4';

const dependencies = [
  {
    callee: 'inventory',
    route: 'orders.Check',
    rpc: '/windlass.inventory.v1.Inventory/Check',
    configuredMs: policies['orders->inventory'].rpcs.Check.timeoutMs,
  },
  {
    callee: 'payments',
    route: 'orders.Authorize',
    rpc: '/windlass.payments.v1.Payments/Authorize',
    configuredMs: policies['orders->payments'].rpcs.Authorize.timeoutMs,
  },
] as const;

/**
 * The time after which orders' sidecar timed the call out: the duration of the sidecar's own span, so neither the
 * service's work nor the path to the ingress counts. Throws if no timeout ended the call.
 */
function readTimeoutMs(trace: Trace, callee: string): number {
  const calls = trace.spans.filter(
    ({ service, tags }) =>
      service.startsWith('orders.shop') && String(tags['upstream_cluster.name']).includes(`||${callee}.`),
  );
  const [call] = calls;
  if (call === undefined || calls.length > 1)
    throw new Error(`${calls.length} calls to ${callee} in trace ${trace.id}`);
  const { response_flags: flags, 'grpc.status_code': status } = call.tags;
  // The route's timeout is also the call's gRPC deadline, so the callee's sidecar sometimes ends the call first.
  const isTimeout = flags === 'UT' || status === deadlineExceeded;
  if (!isTimeout) throw new Error(`the call to ${callee} did not time out: flags ${flags}, gRPC status ${status}`);
  return call.durationUs / 1_000;
}

/** The median of three orders, because one delayed timer on a busy machine says nothing about the policy. */
async function measureTimeoutMs(callee: string): Promise<number> {
  const traceIds: string[] = [];
  for (let i = 0; i < 3; i++) {
    traceIds.push(traceIdOf(check(await send(orderRequest(cluster.ingressUrl)), hasStatus(202))));
  }
  const read = (trace: Trace): number => readTimeoutMs(trace, callee);
  const timeoutsMs = await Promise.all(traceIds.map((traceId) => jaeger.waitForTrace(traceId, read)));
  return timeoutsMs.toSorted((left, right) => left - right)[1] ?? Number.NaN;
}

function expectWithinTenPercent(actualMs: number, expectedMs: number): void {
  expect(actualMs).toBeGreaterThanOrEqual(expectedMs * 0.9);
  expect(actualMs).toBeLessThanOrEqual(expectedMs * 1.1);
}

describe.each(dependencies)('when $callee is slower than the policy', ({ callee, route, rpc, configuredMs }) => {
  beforeEach(() => admin(callee).setFaults({ match: rpc, delayMs: 5_000 }));

  it(`the call times out after the configured ${configuredMs} ms`, async () => {
    expectWithinTenPercent(await measureTimeoutMs(callee), configuredMs);
  });

  it('a patch of the route changes the timeout', async () => {
    // Below the 2 s that the gateway gives the whole order.
    for (const timeoutMs of [600, 1_200]) {
      await routes.patch(callee, route, { timeoutMs });
      expectWithinTenPercent(await measureTimeoutMs(callee), timeoutMs);
    }
  });
});
