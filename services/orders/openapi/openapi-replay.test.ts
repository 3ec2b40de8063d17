/** The routes accept the requests, and send the answers, of all examples in the public contract. */
import { create } from '@bufbuild/protobuf';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CheckResponseSchema } from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { AuthorizeResponseSchema } from '../../contracts/gen/windlass/payments/v1/payments_pb.js';
import { createFaultInjection } from '../../lib/faults/fault-injection.ts';
import { createApp } from '../../lib/http/create-app.ts';
import { type Listening, listen } from '../../lib/http/listen.ts';
import { silentLog } from '../../lib/observability/log.ts';
import { type Database, openDatabase } from '../../lib/postgres/database.ts';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import type { PlaceOrderDeps } from '../api/place-order.ts';
import { ordersRoutes } from '../api/routes.ts';
import { asCustomer } from '../api/testing/principal.ts';
import { migrations, resetOrders } from '../store/store.ts';
import { testVault } from '../tokens/testing/vault.ts';
import type { StoredToken } from '../tokens/token-vault.ts';
import { openapi, openapiRoute } from './openapi.ts';
import { gatewayExamples, requestExamples } from './openapi-examples.ts';
import { ajv, errorsBy, examples } from './openapi-testing.ts';

const sdk = new NodeSDK({ spanProcessors: [], metricReaders: [], logRecordProcessors: [] });
const span = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 });

let database: Database;
let stop: () => Promise<void>;
let server: Listening;
let unstored: Listening;
/** payments answers when this resolves. */
let held: Promise<void>;

/** inventory and payments, which answer to the SKUs and tokens of the examples like the real services. */
const partners: Pick<PlaceOrderDeps, 'inventory' | 'payments'> = {
  inventory: {
    async check({ lines = [] }) {
      const gone = lines.filter(({ sku }) => sku === 'gone');
      const shortages = gone.map(({ sku = '', quantity = 0 }) => ({ sku, requested: quantity, available: 0 }));
      return create(CheckResponseSchema, { shortages });
    },
  },
  payments: {
    async authorize({ paymentToken: stored }) {
      const paymentToken = testVault.open(stored as StoredToken);
      await held;
      if (paymentToken === 'tok_slow') throw new DomainError('outcome-unknown', 'DEADLINE_EXCEEDED');
      return create(AuthorizeResponseSchema, {
        outcome:
          paymentToken === 'tok_declined'
            ? { case: 'declined', value: { reason: 'insufficient funds' } }
            : { case: 'authorized', value: { authorizationId: 'a-1' } },
      });
    },
  },
};

function serve(onDatabase: Database): Promise<Listening> {
  const routes = [
    ...ordersRoutes({ database: onDatabase, ...partners, vault: testVault, log: silentLog, storeWithinMs: 60_000 }),
    openapiRoute,
  ];
  const app = createApp(routes, createFaultInjection(false), silentLog);
  return listen(
    (request, response) => context.with(trace.setSpan(ROOT_CONTEXT, span), () => app(request, response)),
    '127.0.0.1',
    0,
  );
}

beforeAll(async () => {
  sdk.start();
  ({ database, stop } = await startTestDatabase(migrations));
  server = await serve(database);
  unstored = await serve(openDatabase('postgres://test@127.0.0.1:1/none', silentLog));
});
afterAll(async () => {
  await Promise.all([server.drain(), unstored.drain(), sdk.shutdown()]);
  await stop();
});
let letGo: () => void;
beforeEach(async () => {
  await resetOrders(database);
  held = Promise.resolve();
  letGo = () => {};
});
afterEach(() => letGo());

function post(body: unknown, to = server, as = asCustomer()): Promise<Response> {
  const headers = { 'idempotency-key': 'k-1', ...as };
  return fetch(`http://127.0.0.1:${to.port}/v1/orders`, { method: 'POST', headers, body: JSON.stringify(body) });
}

const get = (path: string, from = server) => fetch(`http://127.0.0.1:${from.port}${path}`, { headers: asCustomer() });

const { confirmed } = requestExamples;
const confirmedAt = async () => (await post(confirmed)).headers.get('location') ?? '';

/** The examples that need more than their request, such as earlier requests or a server without its database. */
const special: Readonly<Record<string, () => Promise<Response>>> = {
  'POST /v1/orders tooLarge': () => post({ ...confirmed, paymentToken: 'c'.repeat(64 * 1024) }),
  'POST /v1/orders unavailable': () => post(requestExamples.unavailable, unstored),
  'POST /v1/orders keyReused': async () => {
    await post(confirmed);
    return post(requestExamples.keyReused);
  },
  'POST /v1/orders inFlight': async () => {
    ({ promise: held, resolve: letGo } = Promise.withResolvers<void>());
    const first = post(confirmed);
    await expect.poll(async () => (await database.query('SELECT 1 FROM idempotency_keys')).rows.length).toBe(1);
    const second = await post(requestExamples.inFlight);
    letGo();
    await first;
    return second;
  },
  'GET /v1/orders/{id} confirmed': async () => get(await confirmedAt()),
  'GET /v1/orders/{id} unknown': () => get('/v1/orders/00000000-0000-4000-8000-000000000000'),
  'GET /v1/orders/{id} unavailable': () => get('/v1/orders/00000000-0000-4000-8000-000000000000', unstored),
};

interface Header {
  readonly required?: boolean;
  readonly schema: object;
}

/** These belong to another service or to the gateway, whose own tests replay them. */
const ofOthers = ['sold', ...Object.keys(gatewayExamples)];
const ours = examples.filter(({ id, name }) => !ofOthers.includes(name) && !id.startsWith('GET /v1/stats'));

/** Replaces ids and times, which differ from run to run. */
function steady(value: unknown): unknown {
  const text = JSON.stringify(value).replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '<uuid>');
  return JSON.parse(text.replaceAll(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, '<time>'));
}

/** Sends an example's request and compares status, media type, body and headers with what the document promises. */
async function replay({ id, path, method, status, mediaType, name, value, headers }: (typeof examples)[number]) {
  const body = requestExamples[name as keyof typeof requestExamples];
  const response = await (special[id] ?? (() => post(body)))();
  const answer = await response.json();
  expect([response.status, steady(answer)]).toEqual([status, steady(value)]);
  expect(response.headers.get('content-type')).toContain(mediaType);
  const place = ['paths', path, method, 'responses', status];
  expect(errorsBy([...place, 'content', mediaType, 'schema'], answer)).toEqual([]);
  for (const header of headers) {
    const { required = false, schema }: Header = openapi.components.headers[header as 'Location'];
    const given = response.headers.get(header);
    if (required) expect(given, header).not.toBeNull();
    if (given !== null) expect(ajv.validate(schema, given), header).toBe(true);
  }
}

test.each(ours)('the routes answer the example of $id', replay);

test.each(['confirmed', 'pending', 'declined', 'outOfStock'] as const)(
  'the answer %s is replayed with the header Idempotency-Replayed',
  async (name) => {
    const [first, second] = [await post(requestExamples[name]), await post(requestExamples[name])];
    expect(await second.json()).toEqual(await first.json());
    expect([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ]);
  },
);

test('the document is served as it is', async () => {
  expect(await (await get('/v1/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(openapi)));
});

test.each([
  ['GET', '/v2/orders'],
  ['POST', '/v2/orders'],
  ['GET', '/v2/orders/00000000-0000-4000-8000-000000000000'],
])('there is no version 2 yet: %s %s is a 404 that says so', async (method, path) => {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(await response.json()).toMatchObject({
    type: expect.stringMatching(/\/not-found$/),
    status: 404,
    detail: `There is no ${method} ${path} here.`,
  });
});
