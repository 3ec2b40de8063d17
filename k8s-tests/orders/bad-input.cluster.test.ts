import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check, hasStatus, isProblem, namesField } from '../harness/check.ts';
import { countRows, type RowCounts } from '../harness/database.ts';
import { type HttpRequest, send } from '../harness/http.ts';
import { goodOrder, orderRequest } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();

let before: RowCounts;
beforeEach(async () => {
  before = await countRows(cluster, 'orders');
});

// Orders stores no part of an invalid order and calls no other service for it.
afterEach(async () => {
  const after = await countRows(cluster, 'orders');
  const grown = Object.keys(after).filter((table) => (after[table] ?? 0) > (before[table] ?? 0));
  expect(grown, 'tables of orders that grew').toEqual([]);
  expect((await admin('inventory').requestCounts()).byMatch).toEqual({});
  expect((await admin('payments').requestCounts()).byMatch).toEqual({});
});

const item = { sku: 'mug', quantity: 1 };
const address = goodOrder.shippingAddress;

const badOrders: readonly { readonly wrong: string; readonly field: string; readonly order: unknown }[] = [
  { wrong: 'no items', field: 'items', order: { ...goodOrder, items: undefined } },
  { wrong: 'an empty list of items', field: 'items', order: { ...goodOrder, items: [] } },
  { wrong: 'items that are not a list', field: 'items', order: { ...goodOrder, items: 'mug' } },
  {
    wrong: '51 items',
    field: 'items',
    order: { ...goodOrder, items: Array.from({ length: 51 }, (_, n) => ({ ...item, sku: `s${n}` })) },
  },
  { wrong: 'a duplicate SKU', field: 'items', order: { ...goodOrder, items: [item, item] } },
  { wrong: 'an unknown SKU', field: 'items[0].sku', order: { ...goodOrder, items: [{ ...item, sku: 'unicorn' }] } },
  { wrong: 'no SKU', field: 'items[0].sku', order: { ...goodOrder, items: [{ quantity: 1 }] } },
  { wrong: 'no quantity', field: 'items[0].quantity', order: { ...goodOrder, items: [{ sku: 'mug' }] } },
  ...[0, -1, 1.5, 1_001, 2 ** 53, '2'].map((quantity) => ({
    wrong: `quantity ${JSON.stringify(quantity)}`,
    field: 'items[0].quantity',
    order: { ...goodOrder, items: [{ ...item, quantity }] },
  })),
  { wrong: 'no address', field: 'shippingAddress', order: { ...goodOrder, shippingAddress: undefined } },
  ...Object.keys(address).map((name) => ({
    wrong: `no ${name} in the address`,
    field: `shippingAddress.${name}`,
    order: { ...goodOrder, shippingAddress: { ...address, [name]: undefined } },
  })),
  { wrong: 'no payment token', field: 'paymentToken', order: { ...goodOrder, paymentToken: undefined } },
  { wrong: 'an unknown payment token', field: 'paymentToken', order: { ...goodOrder, paymentToken: 'tok_unknown' } },
];

describe('orders answers 400, names the field and stores nothing, if an order has', () => {
  it.each(badOrders)('$wrong', async ({ field, order }) => {
    check(await send(orderRequest(cluster.ingressUrl, order)), hasStatus(400), isProblem('invalid'), namesField(field));
  });

  it('several wrong fields, and then names all of them at once', async () => {
    const order = { ...goodOrder, items: [{ sku: 'mug', quantity: 0 }], shippingAddress: 'B 1', paymentToken: 7 };
    const fields = ['items[0].quantity', 'shippingAddress', 'paymentToken'];
    check(await send(orderRequest(cluster.ingressUrl, order)), hasStatus(400), ...fields.map(namesField));
  });

  it.each([
    { wrong: 'no Idempotency-Key', key: undefined },
    { wrong: 'an empty Idempotency-Key', key: '' },
    { wrong: 'an Idempotency-Key of 256 characters', key: 'k'.repeat(256) },
    { wrong: 'an Idempotency-Key that is not ASCII', key: 'clé' },
  ])('$wrong', async ({ key }) => {
    const answer = await send(withKey(orderRequest(cluster.ingressUrl), key));
    check(answer, hasStatus(400), isProblem('invalid'), namesField('Idempotency-Key'));
  });
});

describe('orders answers with a clear problem and stores nothing, if the body is', () => {
  it.each([
    { wrong: 'not JSON', body: '{"paymentToken":' },
    { wrong: 'empty', body: '' },
    { wrong: 'a JSON list', body: '[]' },
    { wrong: 'JSON null', body: 'null' },
  ])('$wrong', async ({ body }) => {
    check(await send({ ...orderRequest(cluster.ingressUrl), body }), hasStatus(400), isProblem('invalid'));
  });

  it('over 64 KiB', async () => {
    const order = { ...goodOrder, paymentToken: 'c'.repeat(65 * 1_024) };
    check(await send(orderRequest(cluster.ingressUrl, order)), hasStatus(413), isProblem('too-large'));
  });
});

function withKey(call: HttpRequest, key: string | undefined): HttpRequest {
  const { 'idempotency-key': _, ...others } = call.headers ?? {};
  return { ...call, headers: key === undefined ? others : { ...others, 'idempotency-key': key } };
}
