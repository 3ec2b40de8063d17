import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../lib/postgres/database.ts';
import { startTestDatabase } from '../lib/testing/databases.ts';
import { countAttempt, migrations, purgeAttempts } from './ledger.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase(migrations));
});
afterAll(() => stop());

test('counts of attempts are purged after 90 days', async () => {
  for (const key of ['old', 'new']) await countAttempt(database, key);
  await database.query("UPDATE tries SET at = now() - interval '91 days' WHERE key = 'old'");
  expect(await purgeAttempts(database)).toBe(1);
  expect(await countAttempt(database, 'new')).toBe(2);
});
