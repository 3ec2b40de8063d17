import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type RequestTarget, runSeries } from './caller-program.ts';

const seen: string[] = [];
const isWarmUp = (path?: string) => path === '/nobody.knows.This/Path';
const web = createServer((request, response) => {
  if (!isWarmUp(request.url)) seen.push(String(request.headers['x-request-id']));
  if (request.url === '/drop') return void request.socket.destroy();
  if (request.url === '/slow') return void setTimeout(() => response.end(), 300);
  response.writeHead(request.url === '/bad' ? 503 : 200).end('no healthy upstream');
});
const rpc = new Server();
const ask = { path: '/a.v1.A/Ask', requestStream: false, responseStream: false } as const;
const asIs = (bytes: Buffer) => bytes;
const codec = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
let grpcPort = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  rpc.addService(
    { ask: { ...ask, ...codec } },
    {
      ask: (call: { metadata: { get(name: string): unknown[] } }, callback: (error: object) => void) => {
        seen.push(String(call.metadata.get('x-request-id')[0]));
        callback({ code: status.UNAVAILABLE, details: 'not now' });
      },
    },
  );
  grpcPort = await new Promise((resolve, reject) =>
    rpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
});
afterAll(() => {
  web.close();
  rpc.forceShutdown();
});
beforeEach(() => seen.splice(0));

const http = (path: string): RequestTarget => ({
  protocol: 'http',
  host: '127.0.0.1',
  port: (web.address() as AddressInfo).port,
  method: 'POST',
  path,
});
const grpc = (): RequestTarget => ({
  protocol: 'grpc',
  host: '127.0.0.1',
  port: grpcPort,
  method: 'POST',
  path: ask.path,
});

it('sends each call once, with its own id, and records how it ended', async () => {
  const [good, bad, dropped, failed] = await runSeries([
    { target: http('/'), count: 2 },
    { target: http('/bad'), count: 1 },
    { target: http('/drop'), count: 1 },
    { target: grpc(), count: 2 },
  ]);
  expect(good).toMatchObject([
    { status: '200', message: '' },
    { status: '200', message: '' },
  ]);
  expect(bad).toMatchObject([{ status: '503', message: 'no healthy upstream' }]);
  expect(dropped).toMatchObject([{ status: 'ECONNRESET' }]);
  expect(failed).toMatchObject([
    { status: 'UNAVAILABLE', message: 'not now' },
    { status: 'UNAVAILABLE', message: 'not now' },
  ]);
  const ids = [good, bad, dropped, failed].flatMap((records) => records?.map(({ requestId }) => requestId) ?? []);
  expect(seen.toSorted()).toEqual(ids.toSorted());
});

it('starts a paced series at its rate, even if earlier calls are unanswered', async () => {
  const startedAt = performance.now();
  await runSeries([{ target: http('/slow'), count: 5, ratePerSecond: 20 }]);
  const tookMs = performance.now() - startedAt;
  expect(tookMs, 'the last one starts after 200 ms and takes 300').toBeGreaterThanOrEqual(495);
  expect(tookMs, 'one after the other they take 1500').toBeLessThan(1_300);
});
