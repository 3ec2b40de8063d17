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

test('the inbox deletes an event after eight days, when its topic no longer has it', async () => {
  await database.query(
    "INSERT INTO inbox SELECT 'old-' || n, now() - interval '8 days 1 minute' FROM generate_series(1, 10001) n",
  );
  await database.query("INSERT INTO inbox VALUES ('young', now() - interval '7 days 23 hours')");
  expect(await purgeInbox(database)).toBe(10_001);
  expect(await receiveOnce(database, 'young')).toBe(false);
});
