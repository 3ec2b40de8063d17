import { afterAll, beforeAll, expect, test } from 'vitest';
import { STATEMENT_TIMEOUT_MS } from '../../cdk8s/model/database.ts';
import { startTestDatabase } from '../../services/lib/testing/databases.ts';

let started: Awaited<ReturnType<typeof startTestDatabase>>;
beforeAll(async () => {
  started = await startTestDatabase();
});
afterAll(() => started.stop());

test('a statement may run for as long as the model says that a callee may outlive its caller', async () => {
  const { rows } = await started.database.query<{ ms: number }>(
    "SELECT setting::int AS ms FROM pg_settings WHERE name = 'statement_timeout'",
  );
  expect(rows).toEqual([{ ms: STATEMENT_TIMEOUT_MS }]);
});
