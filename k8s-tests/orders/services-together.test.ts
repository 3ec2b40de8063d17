import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { openDatabase } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { makeCertificate } from '../../services/lib/testing/certificate.ts';
import { type ReceivedSpan, startCollector } from '../../services/lib/testing/collector.ts';
import { findFreePort, startPostgres, type TestPostgres } from '../../services/lib/testing/databases.ts';
import { asCustomer } from '../../services/orders/api/testing/principal.ts';

/** Starts the services as separate processes, as the image does, to test what one process cannot show. */
const register = join(import.meta.dirname, '../../services/lib/observability/register.ts');
const main = join(import.meta.dirname, '../../services/main.ts');
const startTimeoutMs = 90_000;

let postgres: TestPostgres;
let collector: Awaited<ReturnType<typeof startCollector>>;
const folder = mkdtempSync(join(tmpdir(), 'windlass-services-'));
const children: ChildProcess[] = [];
const adminPorts: Record<string, number> = {};
let ordersUrl: string;

beforeAll(async () => {
  [postgres, collector] = await Promise.all([startPostgres(), startCollector()]);
  const ports = await Promise.all([1, 2, 3, 4].map(findFreePort));
  const [acquirer, payments, inventory, orders] = ports.map(String) as [string, string, string, string];
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const { cert, key } = await makeCertificate();
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const tokenKeysFile = join(folder, 'token-keys.json');
  const tokenKey = { id: 'k-1', key: randomBytes(32).toString('base64') };
  writeFileSync(tokenKeysFile, JSON.stringify({ current: tokenKey.id, keys: [tokenKey] }));
  await Promise.all([
    start('acquirer', { HTTPS_PORT: acquirer, TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }),
    // In the cluster, the sidecar originates TLS, and this is a plain HTTP URL.
    start('payments', {
      GRPC_PORT: payments,
      ACQUIRER_URL: `https://localhost:${acquirer}`,
      NODE_EXTRA_CA_CERTS: certFile,
    }),
    start('inventory', { GRPC_PORT: inventory }),
    start('orders', {
      PAYMENT_TOKEN_KEYS_FILE: tokenKeysFile,
      HTTP_PORT: orders,
      INVENTORY_ADDRESS: `127.0.0.1:${inventory}`,
      PAYMENTS_ADDRESS: `127.0.0.1:${payments}`,
    }),
  ]);
  ordersUrl = `http://127.0.0.1:${orders}/v1/orders`;
}, startTimeoutMs);

afterAll(async () => {
  for (const child of children.filter(({ exitCode }) => exitCode === null)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  collector?.stop();
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

async function start(name: string, env: Record<string, string>): Promise<void> {
  const [adminPort, metricsPort] = await Promise.all([findFreePort(), findFreePort()]);
  const databaseUrl = await postgres.createDatabase(name);
  const urlFile = join(folder, `${name}-url`);
  writeFileSync(urlFile, databaseUrl);
  const database = openDatabase(databaseUrl, silentLog);
  await migrate(database, join(root, 'services', name, 'migrations')).finally(() => database.close());
  adminPorts[name] = adminPort;
  const child = spawn(process.execPath, ['--import', register, main, name], {
    env: {
      HOST: '127.0.0.1',
      ADMIN_PORT: String(adminPort),
      METRICS_PORT: String(metricsPort),
      DATABASE_URL_FILE: urlFile,
      FAULTS: 'on',
      LOG_LEVEL: 'warn',
      OTEL_SERVICE_NAME: name,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.push(child);
  const expectReady = async () => expect((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status).toBe(200);
  await vi.waitFor(expectReady, { timeout: startTimeoutMs, interval: 50 });
}

function placeOrder(key: string, paymentToken = 'tok_ok'): Promise<Response> {
  const shippingAddress = { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'NO' };
  const items = [{ sku: 'mug', quantity: 2 }];
  return fetch(ordersUrl, {
    method: 'POST',
    headers: { ...asCustomer(), 'idempotency-key': key, 'x-request-id': `request-${key}` },
    body: JSON.stringify({ items, shippingAddress, paymentToken }),
  });
}

const readAdmin = async (name: string, path: string): Promise<unknown> =>
  (await fetch(`http://127.0.0.1:${adminPorts[name]}${path}`)).json();

test('an order goes through all four services, and the acquirer has it in its ledger once', async () => {
  const response = await placeOrder('k-1');
  expect(response.status).toBe(201);
  const { orderId } = (await response.json()) as { orderId: string };
  expect(await readAdmin('acquirer', `/ledger/${orderId}`)).toMatchObject([
    { kind: 'authorization', amountMinor: 2400 },
  ]);
});

test("the client's request id reaches the last service", async () => {
  await placeOrder('k-2');
  const counts = { byRequestId: { 'request-k-2': expect.anything() } };
  expect(await readAdmin('orders', '/hits')).toMatchObject(counts);
  expect(await readAdmin('inventory', '/hits')).toMatchObject({
    byRequestId: { 'request-k-2': { '/windlass.inventory.v1.Inventory/Check': 1 } },
  });
  expect(await readAdmin('acquirer', '/hits')).toMatchObject({
    byRequestId: { 'request-k-2': { '/v1/authorizations': 1 } },
  });
});

test('a dependency that fails is called once: no service retries', async () => {
  const rules = [{ match: '/windlass.inventory.v1.Inventory/Check', failFirst: 1, status: 'UNAVAILABLE' }];
  await fetch(`http://127.0.0.1:${adminPorts.inventory}/faults`, { method: 'PUT', body: JSON.stringify({ rules }) });
  expect((await placeOrder('k-3')).status).toBe(202);
  expect(await readAdmin('inventory', '/hits')).toMatchObject({
    byRequestId: { 'request-k-3': { '/windlass.inventory.v1.Inventory/Check': 1 } },
  });
  const again = await placeOrder('k-3');
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
});

test('one trace, named by traceresponse, joins HTTP, gRPC and Postgres from orders to the acquirer', async () => {
  const response = await placeOrder('k-4');
  const [, traceId, spanId] = response.headers.get('traceresponse')?.split('-') ?? [];
  // A service that stops first exports its remaining spans; this tests that too.
  const exits = children.map(async (child) => {
    child.kill('SIGTERM');
    return (await once(child, 'exit'))[0] as number;
  });
  expect(await Promise.all(exits)).toEqual([0, 0, 0, 0]);

  const spans = collector.spans.filter((span) => span.traceId === traceId);
  const path = (span: ReceivedSpan | undefined): string[] =>
    span ? [...path(spans.find(({ spanId: id }) => id === span.parentId)), `${span.service}: ${span.name}`] : [];
  const paths = spans.map((span) => path(span).join(' > '));
  const first = 'orders: POST /v1/orders';
  expect(spans.find((span) => span.spanId === spanId)).toMatchObject({ service: 'orders', name: 'POST /v1/orders' });
  const check = 'grpc.windlass.inventory.v1.Inventory/Check';
  const authorize = 'grpc.windlass.payments.v1.Payments/Authorize';
  const acquirer = 'payments: POST > acquirer: POST /v1/authorizations';
  expect(paths).toContain(`${first} > orders: ${check} > inventory: ${check}`);
  expect(paths).toContain(`${first} > orders: ${authorize} > payments: ${authorize} > ${acquirer}`);
  expect(paths).toContain(`${first} > orders: pg.query:INSERT orders`);
});

test.each([[[]], [['nope']]])('main.ts %j lists the known services and exits with 2', (args) => {
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain(
    'Known services: orders, orders-worker, inventory, payments, acquirer, fulfillment, analytics, notifications.',
  );
});

test('a service without its variables names them all and exits with 1', () => {
  const env = { ADMIN_PORT: 'x' };
  const { status, stderr } = spawnSync(process.execPath, [main, 'orders'], { encoding: 'utf8', env });
  expect(status).toBe(1);
  for (const name of [
    'ADMIN_PORT',
    'DATABASE_URL_FILE',
    'PAYMENT_TOKEN_KEYS_FILE',
    'INVENTORY_ADDRESS',
    'PAYMENTS_ADDRESS',
  ])
    expect(stderr).toContain(name);
});
