import { afterEach, expect, test } from 'vitest';
import { createFaultInjection } from '../faults/fault-injection.ts';
import { silentLog } from '../observability/log.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import { probeRoutes, testRoutes } from './admin-routes.ts';
import { createApp } from './create-app.ts';
import { type Listening, listen } from './listen.ts';
import type { HttpRoute } from './route.ts';

let admin: Listening | undefined;
afterEach(() => admin?.drain());

async function serve(
  routes: HttpRoute[],
): Promise<(method: string, path: string, body?: unknown) => Promise<Response>> {
  admin = await listen(createApp(routes, createFaultInjection(false), silentLog), '127.0.0.1', 0);
  const base = `http://127.0.0.1:${admin.port}`;
  return (method, path, body) =>
    fetch(base + path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

test('a service is alive from the start, and ready from markReady until it stops', async () => {
  const lifecycle = new Lifecycle(silentLog);
  const call = await serve(probeRoutes(lifecycle));
  expect((await call('GET', '/livez')).status).toBe(200);
  expect((await call('GET', '/readyz')).status).toBe(503);
  lifecycle.markReady();
  expect((await call('GET', '/readyz')).status).toBe(200);
  await lifecycle.shutdown();
  expect((await call('GET', '/readyz')).status).toBe(503);
});

test('faults are put, shown and deleted; request counts are shown and deleted; reset clears all three', async () => {
  const faults = createFaultInjection(true);
  let resets = 0;
  const call = await serve(
    testRoutes(faults, async () => {
      resets += 1;
    }),
  );
  const rules = [{ match: '/v1/authorizations', percent: 50, delayMs: 800, status: 503 }];
  expect(await (await call('PUT', '/faults', { rules })).json()).toEqual({ rules });
  expect(faults.rules.all).toEqual(rules);
  await call('DELETE', '/faults');
  expect(faults.rules.all).toEqual([]);
  await faults.admit('/a', 'r-1');
  expect(await (await call('GET', '/hits')).json()).toEqual({
    byMatch: { '/a': 1 },
    byRequestId: { 'r-1': { '/a': 1 } },
  });
  await call('DELETE', '/hits');
  expect(faults.requestCounter.read().byMatch).toEqual({});
  await call('PUT', '/faults', { rules });
  await faults.admit('/a', 'r-2');
  await call('POST', '/reset');
  expect([resets, faults.rules.all, faults.requestCounter.read().byMatch]).toEqual([1, [], {}]);
});

test('invalid rules are rejected with every error, and the current rules stay', async () => {
  const faults = createFaultInjection(true);
  const call = await serve(testRoutes(faults, async () => {}));
  const response = await call('PUT', '/faults', {
    rules: [
      { match: 'x', status: 503 },
      { match: '/a', failFirst: 0 },
    ],
  });
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: { field: string }[] };
  expect(errors.map(({ field }) => field)).toEqual(['rules[0].match', 'rules[1].failFirst', 'rules[1]']);
});
