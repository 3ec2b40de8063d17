import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { check, hasHeader, hasStatus, isProblem } from '../harness/check.ts';
import { send } from '../harness/http.ts';
import { goodOrder, orderRequest } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();

it('returns the first response for the same key and body, without calling another service', async () => {
  const call = orderRequest(cluster.ingressUrl);
  const first = check(await send(call), hasStatus(201), hasHeader('idempotency-replayed', undefined));
  const again = check(await send(call), hasStatus(201), hasHeader('idempotency-replayed', 'true'));
  expect(JSON.parse(again.text)).toEqual(JSON.parse(first.text));
  expect((await admin('payments').requestCounts()).byMatch['/windlass.payments.v1.Payments/Authorize']).toBe(1);
});

it('answers 422 to the same key with another body', async () => {
  const key = randomUUID();
  check(await send(orderRequest(cluster.ingressUrl, goodOrder, key)), hasStatus(201));
  const other = { ...goodOrder, items: [{ sku: 'tee', quantity: 1 }] };
  check(await send(orderRequest(cluster.ingressUrl, other, key)), hasStatus(422), isProblem('key-reused'));
});

it('keeps the keys of two customers apart', async () => {
  const key = randomUUID();
  check(await send(orderRequest(cluster.ingressUrl, goodOrder, key)), hasStatus(201));
  const other = { ...goodOrder, items: [{ sku: 'tee', quantity: 1 }] };
  check(
    await send(orderRequest(cluster.ingressUrl, other, key, { customer: 'c-2' })),
    hasStatus(201),
    hasHeader('idempotency-replayed', undefined),
  );
});
