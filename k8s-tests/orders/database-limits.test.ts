import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMAND_CONNECTIONS, STATEMENT_TIMEOUT_MS } from '../../cdk8s/model/database.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { openDatabase } from '../../services/lib/postgres/database.ts';
import { commandPoolSize } from '../../services/lib/runtime/variables.ts';
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

test('a service opens at most the connections of its pool, and later work waits for one', async () => {
  const database = openDatabase(started.url, silentLog, 2);
  const sleepers = Array.from({ length: 6 }, () => database.query('SELECT pg_backend_pid() AS pid, pg_sleep(0.1)'));
  const results = await Promise.all(sleepers).finally(() => database.close());
  expect(new Set(results.map(({ rows }) => rows[0]?.pid)).size).toBe(2);
});

test('a command opens at most the connections that the limit of its role has for it', () => {
  expect(commandPoolSize).toBe(COMMAND_CONNECTIONS);
});
