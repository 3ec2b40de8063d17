import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderPlaced, orderReady } from '../../contracts/events.ts';
import type { Database } from '../postgres/database.ts';
import { startTestDatabase } from '../testing/databases.ts';
import { addToOutbox, deriveEventId } from './outbox.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase());
});
afterAll(() => stop());

const total = { currency: 'USD', amountMinor: 2400n };

test.each([
  ['half of a surrogate pair in the data', 'o-1', { orderId: 'o-1', customerId: 'A\ud83d' }],
  ['the other half', 'o-1', { orderId: 'o-1', total: { ...total, currency: '\udc00' } }],
  ['half of a surrogate pair in a list', 'o-1', { orderId: 'o-1', lines: [{ sku: '\ud83d', quantity: 1 }] }],
  ['U+0000 in the data', 'o-1', { orderId: 'o-1', customerId: 'A\0' }],
  ['half of a surrogate pair in the subject', 'o\ud83d', { orderId: 'o\ud83d' }],
  ['U+0000 in the subject', 'o\0', { orderId: 'o\0' }],
  ['no subject', '', {}],
  ['a subject of 65 characters', 'o'.repeat(65), { orderId: 'o'.repeat(65) }],
  ['data about another order', 'o-1', { orderId: 'o-2' }],
  ['more than 256 KiB of data', 'o-1', { orderId: 'o-1', customerId: 'x'.repeat(256 * 1024) }],
  ['more than 256 KiB of bytes in fewer characters', 'o-1', { orderId: 'o-1', customerId: 'ä'.repeat(128 * 1024) }],
])('an event that its consumers could not read is not added: %s', async (_what, subject, data) => {
  const added = database.transaction(async (tx) => {
    await tx.query("INSERT INTO inbox (event_id) VALUES ('cause')");
    await addToOutbox(tx, orderPlaced, { subject, data });
  });
  const error: Error = await added.then(
    () => new Error('added'),
    (thrown) => thrown,
  );
  expect(error.message).toMatch(/^Consumers could not read this windlass\.order\.placed\.v1: |cannot encode/);
  expect((await database.query('SELECT FROM outbox UNION ALL SELECT FROM inbox')).rowCount).toBe(0);
});

test('an event with any other text is added', async () => {
  const customerId = '\u{1f600} \u200b\ufeff\u0001 "\\';
  await database.transaction((tx) =>
    addToOutbox(tx, orderPlaced, { subject: 'o-1', data: { orderId: 'o-1', customerId, total } }),
  );
  const { rows } = await database.query<{ data: string }>('SELECT data FROM outbox');
  expect(JSON.parse(rows[0]?.data ?? '')).toMatchObject({ customerId });
});

test('an event has the id that its writer gives it', async () => {
  const id = deriveEventId('cause-of-o-2', orderPlaced);
  await database.transaction((tx) =>
    addToOutbox(tx, orderPlaced, { id, subject: 'o-2', data: { orderId: 'o-2', total } }),
  );
  const { rows } = await database.query('SELECT event_id FROM outbox WHERE subject = $1', ['o-2']);
  expect(rows).toEqual([{ event_id: id }]);
});

test('a derived id is a UUID of version 5, always the same for the same cause and type only', () => {
  const id = deriveEventId('cause', orderPlaced);
  // From uuid.uuid5 of Python, another implementation.
  expect(id).toBe('7b8a93ec-5fd1-5f81-89a7-c75f51b32fd3');
  expect(deriveEventId('cause', orderPlaced)).toBe(id);
  expect(deriveEventId('another', orderPlaced)).not.toBe(id);
  expect(deriveEventId('cause', orderReady)).not.toBe(id);
});
