/** Whatever a stranger sends to `POST /v1/orders`, it is answered, and only an accepted order has effects. */
import { connect, type Socket } from 'node:net';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderPlaced, paymentAuthorized } from '../../contracts/events.ts';
import { CheckResponseSchema } from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { AuthorizeResponseSchema } from '../../contracts/gen/windlass/payments/v1/payments_pb.js';
import { createFaultInjection } from '../../lib/faults/fault-injection.ts';
import { createApp } from '../../lib/http/create-app.ts';
import { type Listening, listen } from '../../lib/http/listen.ts';
import { decodeEvent, readEventData } from '../../lib/messaging/cloud-event.ts';
import { relayBatch } from '../../lib/messaging/relay.ts';
import { silentLog } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { startTestDatabase } from '../../lib/testing/databases.ts';
import { migrations } from '../store/store.ts';
import { testVault } from '../tokens/testing/vault.ts';
import { ordersRoutes } from './routes.ts';
import { asCustomer } from './testing/principal.ts';
import { anyRequest, type RawRequest } from './testing/requests.ts';

/** Enough for each kind of request; `make prove` sends twenty times as many. */
const requests = process.env.TIER === 'prove' ? 200_000 : 10_000;

let database: Database;
let stop: () => Promise<void>;
let server: Listening;
/** Calls of other services, and statements and transactions in the database. */
let effects = 0;

beforeAll(async () => {
  const started = await startTestDatabase(migrations);
  ({ database, stop } = started);
  const counting: Database = {
    ...database,
    query: (sql, params) => {
      effects++;
      return database.query(sql, params);
    },
    transaction: (work) => {
      effects++;
      return database.transaction(work);
    },
  };
  const authorized = create(AuthorizeResponseSchema, {
    outcome: { case: 'authorized', value: { authorizationId: 'a-1' } },
  });
  const routes = ordersRoutes({
    storeWithinMs: 60_000,
    database: counting,
    inventory: {
      check: async () => {
        effects++;
        return create(CheckResponseSchema);
      },
    },
    payments: {
      authorize: async () => {
        effects++;
        return authorized;
      },
    },
    vault: testVault,
    log: silentLog,
  });
  server = await listen(createApp(routes, createFaultInjection(false), silentLog), '127.0.0.1', 0);
});
afterAll(async () => {
  await server.drain();
  await stop();
});

interface RawResponse {
  readonly status: number;
  readonly mediaType: string | undefined;
  readonly body: string;
}

/** Sends exactly these bytes, and reads until the server closes the connection. */
async function send({ headers, body }: RawRequest): Promise<RawResponse> {
  const head = ['POST /v1/orders HTTP/1.1', 'Host: orders', 'Connection: close'];
  const as = Object.entries(asCustomer());
  const lines = [...head, ...[...as, ...headers].map(([name, value]) => `${name}: ${value}`), '', ''];
  const socket = connect(server.port, '127.0.0.1');
  socket.write(Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]));
  const text = await readAll(socket);
  const [answerHead = '', ...rest] = text.split('\r\n\r\n').filter((part) => !part.startsWith('HTTP/1.1 100 '));
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(answerHead)?.[1]),
    mediaType: /^content-type: ([^;\r]+)/im.exec(answerHead)?.[1],
    body: rest.join('\r\n\r\n'),
  };
}

/** Everything until the end, or until a reset: Node resets a connection whose request it has not read to its end. */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await new Promise<void>((resolve) => socket.once('close', () => resolve()).on('error', () => undefined));
  return Buffer.concat(chunks).toString();
}

const accepted = [201, 202];
let sent = 0;
const orderIds = new Set<string>();

test(`of ${requests} requests none gets a 5xx, and a rejected one has no effect`, { timeout: 1_800_000 }, async () => {
  const statuses: Record<number, number> = {};
  await fc.assert(
    fc.asyncProperty(
      anyRequest(() => `k-${sent++}`),
      async (request) => {
        const before = effects;
        const { status, mediaType, body } = await send(request);
        statuses[status] = (statuses[status] ?? 0) + 1;
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(500);
        if (accepted.includes(status)) return void orderIds.add(JSON.parse(body).orderId);
        // Node itself answers what is not HTTP.
        if (mediaType !== undefined)
          expect([mediaType, JSON.parse(body).status]).toEqual(['application/problem+json', status]);
        // Only the database knows whether a key was used.
        if (status !== 422 && status !== 409) expect(effects).toBe(before);
      },
    ),
    { numRuns: requests, seed: 20_261_126 },
  );
  console.info(`statuses: ${JSON.stringify(statuses)}`);
  expect(statuses[201]).toBeGreaterThan(requests / 10);
  expect(statuses[400]).toBeGreaterThan(requests / 10);
});

test('exactly the accepted orders are stored, and every consumer can read their events', {
  timeout: 600_000,
}, async () => {
  const { rows } = await database.query<{ id: string }>('SELECT id FROM orders');
  expect(new Set(rows.map(({ id }) => id))).toEqual(orderIds);
  let read = 0;
  const publisher = {
    async publish(messages: Parameters<Parameters<typeof relayBatch>[1]['publish']>[0]) {
      for (const { topic, key, value, headers } of messages) {
        const message = {
          topic,
          key: Buffer.from(key ?? ''),
          value: Buffer.from(value ?? ''),
          headers,
          partition: 0,
          offset: '0',
        };
        const event = decodeEvent(message, [orderPlaced, paymentAuthorized]);
        const type = [orderPlaced, paymentAuthorized].find((each) => each.type === event?.type);
        if (event && type) read += readEventData(type as typeof orderPlaced, event) ? 1 : 0;
      }
    },
  };
  while ((await relayBatch(database, publisher, 'orders-worker')) > 0);
  expect(read).toBe(2 * orderIds.size);
});
