import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  AuthorizeResponseSchema,
  ReverseResponseSchema,
} from '../../contracts/gen/windlass/payments/v1/payments_pb.js';
import { silentLog } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { readOrderRequest } from '../api/order-request.ts';
import { claimOrderKey, finishOrderKey, releaseOrderKey } from '../store/idempotency-keys.ts';
import { migrations, resetOrders } from '../store/store.ts';
import { testVault } from '../tokens/testing/vault.ts';
import { reverseAbandonedPayments } from './abandoned-payments.ts';

let database: Database;
let stop: () => Promise<void>;
let calls: string[];
let isDeclined: boolean;
let failsAt: string | undefined;

const payments = {
  async authorize({ idempotencyKey = '' }) {
    note(idempotencyKey);
    return create(AuthorizeResponseSchema, {
      outcome: isDeclined
        ? { case: 'declined', value: { reason: 'no' } }
        : { case: 'authorized', value: { authorizationId: 'a-1' } },
    });
  },
  async reverse({ idempotencyKey = '' }) {
    note(idempotencyKey);
    return create(ReverseResponseSchema);
  },
};

function note(key: string): void {
  calls.push(key);
  if (failsAt && key.startsWith(failsAt)) throw new DomainError('outcome-unknown', 'no answer');
}

beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());
beforeEach(async () => {
  await resetOrders(database);
  [calls, isDeclined, failsAt] = [[], false, undefined];
});

const request = readOrderRequest('c-1', 'k-1', {
  items: [{ sku: 'mug', quantity: 2 }],
  shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'NO' },
  paymentToken: 'tok_ok',
});
const price = { amountMinor: 2400, paymentToken: testVault.seal('tok_ok') };
const outcome = { kind: 'declined', reason: 'no' } as const;

async function claim() {
  const claimed = await claimOrderKey(database, request, price);
  if (claimed.kind === 'final') throw new Error('The key is final.');
  return claimed;
}
const sweep = () => reverseAbandonedPayments(database, payments, silentLog);
const leaseEnded = (seconds: number) =>
  database.query('UPDATE idempotency_keys SET leased_until = now() - make_interval(secs => $1)', [seconds]);
const forgetPause = () => database.query('UPDATE abandoned_payments SET next_attempt_at = now()');

test('a key whose pod died is abandoned a minute after its lease: its payment is found and reversed', async () => {
  const { orderId } = await claim();
  await leaseEnded(59);
  await sweep();
  expect(calls).toEqual([]);
  await leaseEnded(61);
  await sweep();
  await sweep();
  expect(calls).toEqual([`authorize:${orderId}`, `reverse:${orderId}`]);
  expect((await claim()).orderId, 'the key begins a new order').not.toBe(orderId);
});

test('a released key is also abandoned; a final key never is', async () => {
  const claimed = await claim();
  await releaseOrderKey(database, request, claimed);
  await leaseEnded(61);
  await sweep();
  expect(calls).toHaveLength(2);
  await finishOrderKey(database, request, await claim(), outcome);
  await leaseEnded(61);
  await sweep();
  expect(calls).toHaveLength(2);
  expect(await claimOrderKey(database, request, price)).toEqual({ kind: 'final', outcome });
});

test('a declined payment is not reversed', async () => {
  isDeclined = true;
  const { orderId } = await claim();
  await leaseEnded(61);
  await sweep();
  await forgetPause();
  await sweep();
  expect(calls).toEqual([`authorize:${orderId}`]);
});

test('a call that payments does not answer is repeated with the same keys', async () => {
  const { orderId } = await claim();
  await leaseEnded(61);
  for (failsAt of ['authorize', 'reverse', undefined]) {
    await sweep();
    await forgetPause();
  }
  const [authorize, reverse] = [`authorize:${orderId}`, `reverse:${orderId}`];
  expect(calls).toEqual([authorize, authorize, reverse, authorize, reverse]);
});

test('a pod that thaws after its key was abandoned can finish neither that key nor its next use', async () => {
  const frozen = await claim();
  await leaseEnded(61);
  await sweep();
  await expect(finishOrderKey(database, request, frozen, outcome)).rejects.toMatchObject({ code: 'in-flight' });
  await claim();
  await expect(finishOrderKey(database, request, frozen, outcome)).rejects.toMatchObject({ code: 'in-flight' });
});

test('if a sweep and a claim are concurrent, the key continues with its order or begins a new one', async () => {
  for (let round = 0; round < 20; round++) {
    await resetOrders(database);
    calls = [];
    const abandoned = await claim();
    await leaseEnded(61);
    const [{ orderId }] = await Promise.all([claim(), sweep()]);
    expect(calls.length > 0).toBe(orderId !== abandoned.orderId);
  }
});

test('two sweeps never call payments for one order at once, however long a call takes', async () => {
  const { orderId } = await claim();
  await leaseEnded(61);
  const slow = {
    ...payments,
    authorize: async (request: { idempotencyKey?: string }) => {
      const answer = await payments.authorize(request);
      await sleep(700);
      return answer;
    },
  };
  const slowly = () => reverseAbandonedPayments(database, slow, silentLog, 200);
  await Promise.all([slowly(), sleep(300).then(slowly), sleep(500).then(slowly)]);
  expect(calls).toEqual([`authorize:${orderId}`, `reverse:${orderId}`]);
});

test('a sweep that lost its lease leaves the payment to the other one', async () => {
  const { orderId } = await claim();
  await leaseEnded(61);
  const robbed = {
    ...payments,
    authorize: async (request: { idempotencyKey?: string }) => {
      await database.query('UPDATE abandoned_payments SET lease = gen_random_uuid()');
      await sleep(500);
      return payments.authorize(request);
    },
  };
  await reverseAbandonedPayments(database, robbed, silentLog, 200);
  const { rows } = await database.query('SELECT order_id, attempts FROM abandoned_payments');
  expect(rows).toEqual([{ order_id: orderId, attempts: 0 }]);
});

test('the pause grows with each attempt, and is at least what payments asks for', async () => {
  await claim();
  await leaseEnded(61);
  const busy = {
    ...payments,
    authorize: async () => {
      throw new DomainError('unavailable', 'busy').withRetryAfter(90_000);
    },
  };
  await reverseAbandonedPayments(database, busy, silentLog);
  const { rows } = await database.query<{ seconds: number }>(
    'SELECT extract(epoch FROM next_attempt_at - now())::float8 AS seconds FROM abandoned_payments WHERE attempts = 1',
  );
  expect(rows[0]?.seconds).toBeGreaterThan(80);
});
