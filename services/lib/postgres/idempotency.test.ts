import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase } from '../testing/databases.ts';
import type { Database } from './database.ts';
import { claimKey, purgeKeys, recordResponse } from './idempotency.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await startTestDatabase());
});
afterAll(() => stop());

test('keys are purged 90 days after their call, and never while it is in flight', async () => {
  const calls = ['new', 'old', 'in-flight'].map((key) => ({ operation: 'capture', key, request: 1 }));
  for (const call of calls) {
    await claimKey(database, call);
    if (call.key !== 'in-flight') await recordResponse(database, call, { id: call.key });
  }
  await database.query("UPDATE idempotency_keys SET created_at = now() - interval '91 days' WHERE key <> 'new'");
  expect(await purgeKeys(database)).toBe(1);
  const { rows } = await database.query('SELECT key FROM idempotency_keys ORDER BY key');
  expect(rows).toEqual([{ key: 'in-flight' }, { key: 'new' }]);
});
