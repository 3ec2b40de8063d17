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

test('keys are purged 90 days after their call, even those of calls that were refused and have no response', async () => {
  for (const age of ['89 days', '91 days']) {
    for (const key of ['answered', 'refused']) {
      const call = { operation: age, key, request: 1 };
      await claimKey(database, call);
      if (key === 'answered') await recordResponse(database, call, { id: key });
    }
    await database.query('UPDATE idempotency_keys SET created_at = now() - $1::interval WHERE operation = $1', [age]);
  }
  expect(await purgeKeys(database)).toBe(2);
  const { rows } = await database.query('SELECT operation, key FROM idempotency_keys ORDER BY key');
  expect(rows).toEqual([
    { operation: '89 days', key: 'answered' },
    { operation: '89 days', key: 'refused' },
  ]);
});
