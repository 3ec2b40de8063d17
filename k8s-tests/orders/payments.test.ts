import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrations as acquirerMigrations, readLedger, resetLedger } from '../../services/acquirer/ledger.ts';
import { acquirerRoutes } from '../../services/acquirer/routes.ts';
import {
  AuthorizeRequestSchema,
  CaptureRequestSchema,
  ReverseRequestSchema,
} from '../../services/contracts/gen/windlass/payments/v1/payments_pb.js';
import { createFaultInjection } from '../../services/lib/faults/fault-injection.ts';
import { createApp } from '../../services/lib/http/create-app.ts';
import { type Listening, listen } from '../../services/lib/http/listen.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { type Database, openDatabase } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { startPostgres, type TestPostgres } from '../../services/lib/testing/databases.ts';
import { createAcquirerClient } from '../../services/payments/acquirer-client.ts';
import { paymentsHandlers } from '../../services/payments/handlers.ts';
import { createPayments, migrations, type PaymentOperations, resetPayments } from '../../services/payments/payments.ts';

const faults = createFaultInjection(true);
let postgres: TestPostgres;
let database: Database;
let acquirerDatabase: Database;
let acquirer: Listening;
let payments: PaymentOperations;

beforeAll(async () => {
  postgres = await startPostgres();
  database = openDatabase(await postgres.createDatabase('payments'), silentLog);
  acquirerDatabase = openDatabase(await postgres.createDatabase('acquirer'), silentLog);
  await migrate(database, migrations);
  await migrate(acquirerDatabase, acquirerMigrations);
  acquirer = await listen(createApp(acquirerRoutes(acquirerDatabase), faults, silentLog), '127.0.0.1', 0);
  payments = createPayments(database, createAcquirerClient(`http://127.0.0.1:${acquirer.port}`));
});
afterAll(async () => {
  await acquirer.drain();
  await Promise.all([database.close(), acquirerDatabase.close()]);
  await postgres.stop();
});
beforeEach(async () => {
  faults.rules.replace([]);
  faults.requestCounter.clear();
  await resetPayments(database);
  await resetLedger(acquirerDatabase);
});

const authorize = (paymentToken: string, key = 'k-1', amountMinor = 2400) =>
  payments.authorize(key, { orderId: 'o-1', amountMinor, currency: 'USD', paymentToken });
const ledger = async () =>
  (await readLedger(acquirerDatabase, 'o-1')).map(({ kind, amountMinor }) => [kind, amountMinor]);
const acquirerRequests = () => faults.requestCounter.read().byMatch['/v1/authorizations'] ?? 0;

test('tok_ok authorizes once per key; the second response is the stored one', async () => {
  const first = await authorize('tok_ok');
  expect(first).toMatchObject({ status: 'authorized' });
  expect(await authorize('tok_ok')).toEqual(first);
  expect(acquirerRequests()).toBe(1);
  expect(await ledger()).toEqual([['authorization', 2400]]);
});

test('a key with another amount is rejected without a call to the acquirer', async () => {
  await authorize('tok_ok');
  await expect(authorize('tok_ok', 'k-1', 1)).rejects.toMatchObject({ code: 'key-reused' });
  expect(acquirerRequests()).toBe(1);
});

test('tok_declined is a stored result without an effect', async () => {
  expect(await authorize('tok_declined')).toEqual({ status: 'declined', reason: 'insufficient funds' });
  await authorize('tok_declined');
  expect([acquirerRequests(), await ledger()]).toEqual([1, []]);
});

test('tok_flaky is unavailable for two attempts of its key, then authorizes', async () => {
  await expect(authorize('tok_flaky')).rejects.toMatchObject({ code: 'unavailable' });
  await expect(authorize('tok_flaky')).rejects.toMatchObject({ code: 'unavailable' });
  expect(await authorize('tok_flaky')).toMatchObject({ status: 'authorized' });
  await expect(authorize('tok_flaky', 'k-2')).rejects.toMatchObject({ code: 'unavailable' });
  expect(await ledger()).toEqual([['authorization', 2400]]);
});

test('tok_lost has an unknown outcome at first; the same key then finds the one authorization', async () => {
  await expect(authorize('tok_lost')).rejects.toMatchObject({ code: 'outcome-unknown' });
  expect(await authorize('tok_lost')).toMatchObject({ status: 'authorized' });
  expect(await ledger()).toEqual([['authorization', 2400]]);
});

test('tok_slow finishes, and attempts meanwhile do not authorize again', async () => {
  const answers = await Promise.all([authorize('tok_slow'), authorize('tok_slow')]);
  expect(answers[0]).toEqual(answers[1]);
  const startedAt = performance.now();
  expect(await authorize('tok_slow')).toEqual(answers[0]);
  expect(performance.now() - startedAt).toBeLessThan(500);
  expect(await ledger()).toEqual([['authorization', 2400]]);
});

test("a proxy's 503 is an unknown outcome, because the connection may have failed after the effect", async () => {
  faults.rules.replace([{ match: '/v1/authorizations', status: 503 }]);
  await expect(authorize('tok_ok')).rejects.toMatchObject({ code: 'outcome-unknown' });
});

test('an acquirer that accepts no connection is unavailable', async () => {
  const nowhere = createPayments(database, createAcquirerClient('http://127.0.0.1:1'));
  const request = { orderId: 'o-1', amountMinor: 1, currency: 'USD', paymentToken: 'tok_ok' };
  await expect(nowhere.authorize('k-1', request)).rejects.toMatchObject({ code: 'unavailable' });
});

test('an authorization is captured once and reversed once, and not captured after that', async () => {
  const result = await authorize('tok_ok');
  const id = result.status === 'authorized' ? result.id : '';
  const captureId = await payments.settle('captures', 'k-1', id);
  expect(await payments.settle('captures', 'k-1', id)).toBe(captureId);
  await payments.settle('reversals', 'k-1', id);
  await expect(payments.settle('captures', 'k-2', id)).rejects.toMatchObject({ code: 'failed-precondition' });
  await expect(payments.settle('captures', 'k-3', 'nope')).rejects.toMatchObject({ code: 'not-found' });
  expect(await ledger()).toEqual([
    ['authorization', 2400],
    ['capture', 2400],
    ['reversal', 2400],
  ]);
});

test.each([
  [
    '2^53 cents',
    { amount: { currency: 'USD', amountMinor: 2n ** 53n } },
    'amount.amount_minor',
    'not 9007199254740992',
  ],
  [
    '2^63 - 1 cents',
    { amount: { currency: 'USD', amountMinor: 2n ** 63n - 1n } },
    'amount.amount_minor',
    'not 9223372036854775807',
  ],
  ['no cents', { amount: { currency: 'USD', amountMinor: 0n } }, 'amount.amount_minor', 'must be 1 to'],
  ['another currency', { amount: { currency: 'EUR', amountMinor: 1n } }, 'amount.currency', 'must be USD, not "EUR"'],
  ['an unknown token', { paymentToken: 'tok_secret' }, 'payment_token', 'must be a known payment token'],
  ['a long currency', { amount: { currency: 'X'.repeat(70_000), amountMinor: 1n } }, 'amount.currency', 'XXX…"'],
  ['no order', { orderId: '' }, 'order_id', 'is required'],
  ['a NUL in the order', { orderId: 'o\0' }, 'order_id', 'printable ASCII'],
  ['an order id of 256 characters', { orderId: 'o'.repeat(256) }, 'order_id', '1 to 255'],
  ['no key', { idempotencyKey: '' }, 'idempotency_key', 'is required'],
  ['an emoji in the key', { idempotencyKey: 'k😀' }, 'idempotency_key', 'printable ASCII'],
  ['a line end in the key', { idempotencyKey: 'k\n' }, 'idempotency_key', 'printable ASCII'],
  ['a key of 20 kB', { idempotencyKey: 'k'.repeat(20_000) }, 'idempotency_key', '1 to 255'],
])('Authorize of %s is invalid, and its field is named', async (_, change, field, message) => {
  const good = {
    idempotencyKey: 'k-1',
    orderId: 'o-1',
    amount: { currency: 'USD', amountMinor: 1n },
    paymentToken: 'tok_ok',
  };
  const request = create(AuthorizeRequestSchema, { ...good, ...change });
  const error = await paymentsHandlers(payments)
    .authorize(request)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'invalid',
    details: { errors: [{ field, message: expect.stringContaining(message) }] },
  });
  expect(JSON.stringify(error)).not.toContain('tok_secret');
  expect(acquirerRequests()).toBe(0);
  expect((await database.query('SELECT 1 FROM idempotency_keys')).rows, 'no key is kept').toEqual([]);
});

test.each([
  ['a NUL in the authorization', { authorizationId: 'a\0' }, 'authorization_id'],
  ['an authorization id of 256 characters', { authorizationId: 'a'.repeat(256) }, 'authorization_id'],
  ['a space in the key', { idempotencyKey: 'k ' }, 'idempotency_key'],
])('Capture and Reverse with %s are invalid, and the field is named', async (_, change, field) => {
  const request = { idempotencyKey: 'k-1', authorizationId: 'a-1', ...change };
  const { capture, reverse } = paymentsHandlers(payments);
  const invalid = { code: 'invalid', details: { errors: [{ field }] } };
  await expect(capture(create(CaptureRequestSchema, request))).rejects.toMatchObject(invalid);
  await expect(reverse(create(ReverseRequestSchema, request))).rejects.toMatchObject(invalid);
});

test('the simulated acquirer rejects ids that it cannot store', async () => {
  const request = { orderId: 'o\0', amountMinor: 1, currency: 'USD', paymentToken: 'tok_ok' };
  await expect(payments.authorize('k-1', request)).rejects.toMatchObject({ code: 'failed-precondition' });
});

test('an invalid Authorize is answered with all wrong fields at once', async () => {
  const request = create(AuthorizeRequestSchema, { idempotencyKey: 'k-1' });
  await expect(paymentsHandlers(payments).authorize(request)).rejects.toMatchObject({
    details: {
      errors: [
        { field: 'order_id' },
        { field: 'amount.currency' },
        { field: 'payment_token' },
        { field: 'amount.amount_minor' },
      ],
    },
  });
});

test('concurrent attempts with one key authorize once, capture once and reverse once', async () => {
  const atOnce = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 5 }, work));
  const results = await atOnce(() => authorize('tok_ok'));
  const ids = new Set(results.map((result) => (result.status === 'authorized' ? result.id : '')));
  expect(ids.size).toBe(1);
  const [id = ''] = ids;
  expect(new Set(await atOnce(() => payments.settle('captures', 'k-1', id))).size).toBe(1);
  expect(new Set(await atOnce(() => payments.settle('reversals', 'k-1', id))).size).toBe(1);
  expect(await ledger()).toHaveLength(3);
});

test('an authorization that does not exist cannot be reversed', async () => {
  await expect(payments.settle('reversals', 'k-1', 'nope')).rejects.toMatchObject({ code: 'not-found' });
});
