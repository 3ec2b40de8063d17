// cspell:ignore hvcn relkind relnamespace regnamespace
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { readConfig } from '../../lib/runtime/read-config.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { readOrderRequest } from '../api/order-request.ts';
import { abandonPayment } from '../saga/abandoned-payments.ts';
import { claimOrderKey } from '../store/idempotency-keys.ts';
import { migrations, resetOrders, storeOrder } from '../store/store.ts';
import { resealTokens } from './reseal-tokens.ts';
import { someKeys } from './testing/vault.ts';
import { tokenKeyVariables } from './token-keys.ts';
import { createTokenVault, openTokenVault, type StoredToken } from './token-vault.ts';

const token = 'tok_ok';
let database: Database;
let stop: () => Promise<void>;
const folder = mkdtempSync(join(tmpdir(), 'windlass-keys-'));
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => resetOrders(database));

const [old, both] = [someKeys('old'), someKeys('old', 'new')];
const oldVault = createTokenVault(() => old);
const vault = createTokenVault(() => ({ current: 'new', keys: [...old.keys, ...both.keys.slice(1)] }));

test('a sealed token is opened again, and no two seals of a token are equal', () => {
  const [first, second] = [vault.seal(token), vault.seal(token)];
  expect([first, second].map((one) => vault.open(one))).toEqual([token, token]);
  expect(first).not.toBe(second);
  expect(first).toMatch(/^sealed:v1:new:[\w-]{40,}$/);
});

test('a token of an earlier key is opened, and new ones are sealed with the current key', () => {
  expect(vault.open(oldVault.seal(token))).toBe(token);
  expect(oldVault.seal(token)).toMatch(/^sealed:v1:old:/);
  expect(() => oldVault.open(vault.seal(token))).toThrow('A payment token has the unknown key new.');
});

test('a token that an earlier release stored in plain text is opened as it is', () => {
  expect(vault.open('tok_slow' as StoredToken)).toBe('tok_slow');
});

test('a sealed token is refused if any character of it was changed, or some are missing', () => {
  const sealed = vault.seal(token);
  const start = 'sealed:v1:new:'.length;
  // The last character has unused bits, so that another one may stand for the same bytes.
  for (let at = start; at < sealed.length - 1; at++) {
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}` as StoredToken;
    expect(() => vault.open(changed), changed).toThrow('A payment token of the key new was changed.');
    expect(() => vault.open(sealed.slice(0, at) as StoredToken)).toThrow('was changed');
  }
  expect(() => vault.open(sealed.replace(':new:', ':old:') as StoredToken)).toThrow('was changed');
});

test('the file of the keys is read for each token, so that a rotation needs no restart', () => {
  const file = join(folder, 'rotating.json');
  const write = (current: string, ...ids: string[]) =>
    writeFileSync(file, JSON.stringify({ current, keys: ids.map((id) => ({ id, key: keyTexts[id] })) }));
  const keyTexts: Record<string, string> = { a: Buffer.alloc(32, 1).toString('base64') };
  keyTexts.b = Buffer.alloc(32, 2).toString('base64');
  write('a', 'a');
  const rotating = openTokenVault(file);
  const first = rotating.seal(token);
  write('b', 'a', 'b');
  expect(rotating.seal(token)).toMatch(/^sealed:v1:b:/);
  expect(rotating.open(first)).toBe(token);
});

test.each([
  ['no file', undefined, /ENOENT/],
  ['no JSON', 'secret key', /Invalid input/],
  ['no key', '{"current":"a","keys":[]}', />=1/],
  ['a short key', '{"current":"a","keys":[{"id":"a","key":"c2hvcnQ="}]}', /must be 32 bytes in base64/],
  [
    'an unknown current key',
    JSON.stringify({ current: 'b', keys: [{ id: 'a', key: Buffer.alloc(32).toString('base64') }] }),
    /`current` must be the id of one of the keys/,
  ],
])('a service does not start with %s, and says so without quoting it', (name, content, why) => {
  const file = join(folder, `${name}.json`);
  if (content !== undefined) writeFileSync(file, content);
  const read = () => readConfig(tokenKeyVariables, { PAYMENT_TOKEN_KEYS_FILE: file });
  expect(read).toThrow(why);
  expect(read).toThrow(/PAYMENT_TOKEN_KEYS_FILE is .*must be a file with keys/);
  expect(read).not.toThrow(/secret key|c2hvcnQ/);
  expect(() => readConfig(tokenKeyVariables, {})).toThrow('PAYMENT_TOKEN_KEYS_FILE is missing');
});

const orderIds = ['1', '2', '3'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`);

/** Stores a token in each table that keeps one. */
async function storeEverywhere(paymentToken: StoredToken): Promise<void> {
  const { order, idempotencyKey } = readOrderRequest('c-1', 'k-1', {
    items: [{ sku: 'mug', quantity: 2 }],
    shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'NO' },
    paymentToken: token,
  });
  await claimOrderKey(database, { order, idempotencyKey }, { amountMinor: 2_400, paymentToken });
  const [orderId = '', abandonedId = ''] = orderIds;
  const total = { currency: 'USD', amountMinor: 2_400 } as const;
  const view = { orderId, status: 'pending', total, estimatedDelivery: '2026-11-30' } as const;
  const placed = { view, order, items: order.items, paymentToken, authorizationId: undefined, placedAt: new Date() };
  await database.transaction((tx) => storeOrder(tx, placed));
  await abandonPayment(database, { orderId: abandonedId, paymentToken, amountMinor: 2_400 });
}

/** Every row of every table, as text. Reads the schema, so that a new table is in it as well. */
async function dump(): Promise<string> {
  const { rows } = await database.query<{ text: string }>(
    "SELECT string_agg(table_to_xml(c.oid::regclass, true, false, '')::text, '') AS text FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  return rows[0]?.text ?? '';
}

test('a dump of the database has no payment token in plain text', async () => {
  await storeEverywhere(vault.seal(token));
  const text = await dump();
  expect(text.match(/sealed:v1:new:/g)).toHaveLength(3);
  expect(text).not.toContain(token);
});

test('tokens of an earlier key and in plain text are encrypted with the current key, in all tables', async () => {
  for (const stored of [oldVault.seal(token), token as StoredToken]) {
    await resetOrders(database);
    await storeEverywhere(stored);
    expect(await resealTokens(database, vault, silentLog)).toBe(3);
    expect(await resealTokens(database, vault, silentLog)).toBe(0);
    const { rows } = await database.query<{ token: StoredToken }>(
      `SELECT payment_token AS token FROM orders UNION ALL SELECT payment_token FROM idempotency_keys
       UNION ALL SELECT payment_token FROM abandoned_payments`,
    );
    expect(rows.map(({ token: one }) => [one.startsWith(vault.currentPrefix()), vault.open(one)])).toEqual(
      rows.map(() => [true, token]),
    );
  }
});

test('more tokens whose key is lost than a batch has hold up no other', async () => {
  await database.query(
    `INSERT INTO abandoned_payments (order_id, payment_token, amount_minor)
     SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'sealed:v1:lost:AAAA', 1 FROM generate_series(1, 501) n`,
  );
  await storeEverywhere(oldVault.seal(token));
  expect(await resealTokens(database, vault, silentLog)).toBe(3);
});

test('a token whose key is lost stays as it is, and the others are encrypted again', async () => {
  await storeEverywhere(oldVault.seal(token));
  await database.query("UPDATE orders SET payment_token = 'sealed:v1:lost:AAAA'");
  expect(await resealTokens(database, vault, silentLog)).toBe(2);
  expect((await database.query('SELECT payment_token FROM orders')).rows).toEqual([
    { payment_token: 'sealed:v1:lost:AAAA' },
  ]);
});
