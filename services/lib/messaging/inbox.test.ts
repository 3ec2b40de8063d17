import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../postgres/database.ts';
import { startTestDatabase } from '../testing/databases.ts';
import { purgeInbox, receiveOnce } from './inbox.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase());
});
afterAll(() => stop());

test('the inbox accepts an event once, unless its transaction was rolled back', async () => {
  const rolledBack = database.transaction(async (tx) => {
    await receiveOnce(tx, 'e-1');
    throw new Error('no');
  });
  await expect(rolledBack).rejects.toThrow('no');
  expect(await receiveOnce(database, 'e-1')).toBe(true);
  expect(await receiveOnce(database, 'e-1')).toBe(false);
});

const agesInDays = async (ages: number[]) => {
  for (const age of ages)
    await database.query(`INSERT INTO inbox VALUES ('aged-${age}', now() - interval '1 day' * ${age})`);
};

test('the inbox remembers an event for longer than any topic keeps it, and then deletes it', async () => {
  await database.query(
    "INSERT INTO inbox SELECT 'old-' || n, now() - interval '9 days 1 minute' FROM generate_series(1, 10001) n",
  );
  await agesInDays([8.04, 8.99]);
  expect(await purgeInbox(database)).toBe(10_001);
  expect(await receiveOnce(database, 'aged-8.04')).toBe(false);
  expect(await receiveOnce(database, 'aged-8.99')).toBe(false);
});

test('a duplicate is remembered as long as an event that comes now', async () => {
  await agesInDays([8.5]);
  expect(await receiveOnce(database, 'aged-8.5')).toBe(false);
  await database.query("UPDATE inbox SET received_at = received_at - interval '1 day'");
  await purgeInbox(database);
  expect(await receiveOnce(database, 'aged-8.5')).toBe(false);
});

test('the time that the inbox remembers an event is stated from outside', async () => {
  await agesInDays([20.9, 21.1]);
  await purgeInbox(database, 21);
  expect(await receiveOnce(database, 'aged-20.9')).toBe(false);
  expect(await receiveOnce(database, 'aged-21.1')).toBe(true);
});
