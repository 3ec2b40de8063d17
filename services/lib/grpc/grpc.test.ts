import { Client, credentials, Metadata, type ServiceError, status as Status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Inventory } from '../../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { createFaultInjection } from '../faults/fault-injection.ts';
import type { Listening } from '../http/listen.ts';
import { currentRequestId, withRequestId } from '../http/request-id.ts';
import { silentLog } from '../observability/log.ts';
import { DomainError } from '../runtime/domain-error.ts';
import { createGrpcClient } from './client.ts';
import { serveGrpc } from './server.ts';

const faults = createFaultInjection(true);
const seenRequestIds: (string | undefined)[] = [];
let server: Listening;
let client: ReturnType<typeof createGrpcClient<typeof Inventory>>;

beforeAll(async () => {
  const handlers = {
    check: async ({ lines }: { lines: { sku: string; quantity: number }[] }) => {
      seenRequestIds.push(currentRequestId());
      return { shortages: lines.map(({ sku, quantity }) => ({ sku, requested: quantity, available: 0 })) };
    },
    reserve: async () => {
      throw new DomainError('key-reused', 'The key was used.').withRetryAfter(1_500);
    },
    release: async () => {
      throw new Error('a defect with a secret');
    },
  };
  server = await serveGrpc(Inventory, handlers, { host: '127.0.0.1', port: 0, faults, log: silentLog });
  client = createGrpcClient(Inventory, `127.0.0.1:${server.port}`);
});

afterAll(async () => {
  client.close();
  await server.drain();
});

beforeEach(() => {
  faults.rules.replace([]);
  faults.requestCounter.clear();
});

test('a call transfers its request, its response and the request id', async () => {
  const response = await withRequestId('r-7', () => client.calls.check({ lines: [{ sku: 'mug', quantity: 2 }] }));
  expect(response.shortages).toMatchObject([{ sku: 'mug', requested: 2, available: 0 }]);
  expect(seenRequestIds.at(-1)).toBe('r-7');
  expect(faults.requestCounter.read().byRequestId).toEqual({ 'r-7': { '/windlass.inventory.v1.Inventory/Check': 1 } });
});

test('a failed call makes exactly one attempt, and its outcome is unknown', async () => {
  faults.rules.replace([{ match: '/windlass.inventory.v1.Inventory/Check', status: 'UNAVAILABLE' }]);
  await expect(client.calls.check({ lines: [] })).rejects.toMatchObject({ code: 'outcome-unknown' });
  expect(faults.requestCounter.read().byMatch).toEqual({ '/windlass.inventory.v1.Inventory/Check': 1 });
});

test('a request with a carriedOut fault has its effect before it fails', async () => {
  faults.rules.replace([{ match: '/windlass.inventory.v1.Inventory/Check', status: 'UNAVAILABLE', carriedOut: true }]);
  const call = withRequestId('r-8', () => client.calls.check({ lines: [] }));
  await expect(call).rejects.toMatchObject({ code: 'outcome-unknown' });
  expect(seenRequestIds.at(-1), 'the handler has run').toBe('r-8');
});

test('a domain error reaches the caller as its code', async () => {
  await expect(client.calls.reserve({})).rejects.toMatchObject({ code: 'key-reused' });
});

test('a defect reaches the caller without its message', async () => {
  const error = await client.calls.release({}).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'outcome-unknown' });
  expect(String(error)).not.toContain('secret');
});

test.each([
  ['a request that is not protobuf', [0x0a, 0xff, 0xff, 0xff, 0x0f]],
  ['a request with a string that is not UTF-8', [0x0a, 0x04, 0x0a, 0x02, 0xff, 0xfe]],
])('%s is the fault of its sender: INVALID_ARGUMENT, which no breaker counts', async (_, bytes) => {
  const raw = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  const same = (buffer: Buffer) => buffer;
  const path = '/windlass.inventory.v1.Inventory/Check';
  const error = await new Promise<ServiceError | null>((resolve) =>
    raw.makeUnaryRequest(path, same, same, Buffer.from(bytes), new Metadata(), resolve),
  );
  raw.close();
  expect(error).toMatchObject({
    code: Status.INVALID_ARGUMENT,
    details: expect.stringContaining('request: must be a windlass.inventory.v1.CheckRequest in protobuf'),
  });
});

test('how long the callee asks to wait reaches the caller', async () => {
  await expect(client.calls.reserve({})).rejects.toMatchObject({ retryAfterMs: 1_500 });
});

test('a call ends when its signal aborts', async () => {
  faults.rules.replace([{ match: '/windlass.inventory.v1.Inventory/Check', delayMs: 5_000 }]);
  const controller = new AbortController();
  const call = client.calls.check({ lines: [] }, controller.signal);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: 'outcome-unknown', message: expect.stringContaining('CANCELLED') });
  await expect(client.calls.check({ lines: [] }, controller.signal)).rejects.toThrow('CANCELLED');
});
