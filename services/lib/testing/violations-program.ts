/** Runs statements that Postgres rejects, in traced requests, for quoted-data.test.ts. Prints its log. */
import { createFaultInjection } from '../faults/fault-injection.ts';
import { createApp } from '../http/create-app.ts';
import { listen } from '../http/listen.ts';
import { createLog } from '../observability/log.ts';
import { stopTracing } from '../observability/tracing.ts';
import { openDatabase } from '../postgres/database.ts';

const log = createLog('violations', 'debug');
const database = openDatabase(process.env.DATABASE_URL ?? '', log);
const statements = JSON.parse(process.env.STATEMENTS ?? '[]') as [sql: string, params: unknown[]][];
const handle = async (sql: string, params: unknown[]) => {
  const failing = database.transaction((tx) => tx.query(sql, params));
  await failing.catch((error: unknown) => {
    const nested = new AggregateError([error], 'several', { cause: error });
    log.error({ err: nested, reason: String(error), results: [{ error }] }, 'nested');
    throw error;
  });
  return { status: 200, body: {} };
};
const routes = statements.map(([sql, params], index) => ({
  method: 'post' as const,
  path: `/v1/${index}`,
  handle: () => handle(sql, params),
}));
const { port, drain } = await listen(createApp(routes, createFaultInjection(false), log), '127.0.0.1', 0);
for (const { path } of routes) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST' });
  console.log(answer.status, await answer.text());
}
await drain();
await database.close();
await stopTracing();
