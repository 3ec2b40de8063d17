// cspell:ignore hiddenville relkind relnamespace regnamespace
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database, Queryable } from '../../lib/postgres/database.ts';
import { answer, type SubjectRequest } from '../../lib/runtime/subject-program.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { readOrderRequest } from '../api/order-request.ts';
import { insertSaga } from '../saga/saga-store.ts';
import { claimOrderKey, finishOrderKey } from '../store/idempotency-keys.ts';
import { changeStatus, migrations, resetOrders, storeOrder } from '../store/store.ts';
import { testVault } from '../tokens/testing/vault.ts';
import { customerData } from './customer-data.ts';

const personal = { name: 'Ada Hidden', street: 'Hidden Street 17', city: 'Hiddenville', postalCode: 'H-99' };
const customer = 'c-hidden';
let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(() => resetOrders(database));

const newRequest = (customerId = customer) =>
  readOrderRequest(customerId, `key-hidden-${randomUUID()}`, {
    items: [{ sku: 'mug', quantity: 2 }],
    shippingAddress: { ...personal, country: 'NO' },
    paymentToken: 'tok_ok',
  });

/** Stores an order as placing does. @returns its id */
async function place(customerId = customer): Promise<string> {
  const request = newRequest(customerId);
  const paymentToken = testVault.seal('tok_ok');
  const claim = await claimOrderKey(database, request, { amountMinor: 2_400, paymentToken });
  if (claim.kind === 'final') throw new Error('The key is final.');
  const { orderId, at: placedAt } = claim;
  const total = { currency: 'USD', amountMinor: 2_400 } as const;
  const view = { orderId, status: 'confirmed', total, estimatedDelivery: '2026-11-30' } as const;
  const { order } = request;
  await database.transaction(async (tx) => {
    await finishOrderKey(tx, request, claim, { kind: 'placed', order: view });
    await insertSaga(tx, orderId, true);
    await storeOrder(tx, { view, order, items: order.items, paymentToken, authorizationId: 'a-1', placedAt });
  });
  return orderId;
}

async function end(orderId: string): Promise<void> {
  await changeStatus(database, orderId, 'fulfilled');
  await database.query("UPDATE sagas SET state = 'ended', ended_at = now() WHERE order_id = $1", [orderId]);
  await database.query('UPDATE outbox SET published_at = now() WHERE subject = $1', [orderId]);
}

const ask = (action: SubjectRequest['action'], id = customer) =>
  answer(database, customerData, { action, subject: { id, records: [] } });

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const { rows } = await database.query<{ text: string }>(
    `SELECT string_agg(table_to_xml(c.oid::regclass, true, false, '')::text, '') AS text FROM pg_class c
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  return rows[0]?.text ?? '';
}

test('an export has everything about the orders of a customer, and nothing of others', async () => {
  const orderId = await place();
  const other = await place('c-other');
  const document = await ask('export');
  expect(document).toMatchObject({
    orders: [
      {
        orderId,
        shippingAddress: personal,
        history: [{ status: 'confirmed' }],
        saga: { state: 'running' },
        events: [{ data: { customerId: customer } }, {}],
        hasPaymentToken: false,
      },
    ],
    idempotencyKeys: [{ orderId, state: 'final', key: expect.stringMatching(/^key-hidden-/) }],
  });
  expect(JSON.stringify(document)).not.toContain(other);
  expect(await ask('export', 'c-unknown')).toEqual({ orders: [], idempotencyKeys: [] });
});

test('an erasure leaves the books without anything personal, and a second one finds nothing', async () => {
  const orderId = await place();
  await database.query("INSERT INTO order_actions (order_id, action, reason) VALUES ($1, 'retry', 'Ada Hidden asks')", [
    orderId,
  ]);
  await end(orderId);
  const other = await place('c-other');
  expect(await ask('erase')).toEqual({
    'orders anonymized': 1,
    'events in the outbox anonymized': 1,
    'reasons of operators erased': 1,
    'idempotency keys deleted': 1,
  });
  const { rows } = await database.query('SELECT id, customer_id, shipping_address, total_minor FROM orders');
  expect(rows.find(({ id }) => id === orderId)).toEqual({
    id: orderId,
    customer_id: 'windlass:erased',
    shipping_address: { country: 'NO' },
    total_minor: '2400',
  });
  expect(rows.find(({ id }) => id === other)).toMatchObject({ customer_id: 'c-other', shipping_address: personal });
  await database.query('DELETE FROM order_history WHERE order_id = $1', [other]);
  await database.query('DELETE FROM orders WHERE id = $1', [other]);
  await database.query("DELETE FROM idempotency_keys WHERE customer_id = 'c-other'");
  expect(await dump()).not.toMatch(/hidden/i);
  expect(Object.values(await ask('erase'))).toEqual([0, 0, 0, 0]);
});

test('a dry run counts the same, and changes nothing', async () => {
  await end(await place());
  const before = await dump();
  expect(await ask('try-erase')).toMatchObject({ 'orders anonymized': 1, 'idempotency keys deleted': 1 });
  expect(await dump()).toBe(before);
});

test.each([
  ['an open order', async () => {}, /it is confirmed/],
  [
    'an event that is not published yet',
    async (id: string) => {
      await end(id);
      await database.query('UPDATE outbox SET published_at = NULL');
    },
    /an event of it is not published yet/,
  ],
  [
    'a payment that is to be reversed',
    async (id: string) => {
      await end(id);
      await database.query(
        "INSERT INTO abandoned_payments (order_id, payment_token, amount_minor) VALUES ($1, 't', 1)",
        [id],
      );
    },
    /a payment of it is to be reversed/,
  ],
  [
    'an order that is being placed',
    async (id: string) => {
      await end(id);
      await database.query("UPDATE idempotency_keys SET state = 'in-flight'");
    },
    /it is being placed/,
  ],
])('%s refuses the erasure, which names it, and nothing is changed', async (_, change, why) => {
  await end(await place());
  const orderId = await place();
  await change(orderId);
  const before = await dump();
  await expect(ask('erase')).rejects.toThrow(why);
  await expect(ask('try-erase')).rejects.toThrow(orderId);
  expect(await dump()).toBe(before);
});

test('a refusal counts the open orders', async () => {
  const orderId = await place();
  await expect(ask('try-erase')).rejects.toThrow(`The customer has 1 open order: ${orderId} (`);
  await place();
  await expect(ask('try-erase')).rejects.toThrow('The customer has 2 open orders: ');
});

test('the id of erased customers cannot be exported or erased', async () => {
  await expect(ask('export', 'windlass:erased')).rejects.toThrow('is reserved for erased customers');
});

test('a key that is claimed during an erasure stays, for it may stand for money that is held', async () => {
  await end(await place());
  await database.transaction(async (tx) => {
    const racing = async (sql: string, params?: unknown[]) => {
      const result = await tx.query(sql, params);
      const isChecked = sql.includes("state <> 'final'");
      const payment = { amountMinor: 2_400, paymentToken: testVault.seal('tok_ok') };
      if (isChecked) await claimOrderKey(database, newRequest(), payment);
      return result;
    };
    const db = { query: racing } as Queryable;
    const erased = await customerData.erase?.(db, { id: customer, records: [] });
    expect(erased).toMatchObject({ 'idempotency keys deleted': 1 });
  });
  const { rows } = await database.query('SELECT state FROM idempotency_keys');
  expect(rows).toEqual([{ state: 'in-flight' }]);
});
