// cspell:ignore Fthings
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFaultInjection } from '../faults/fault-injection.ts';
import { silentLog } from '../observability/log.ts';
import { DomainError } from '../runtime/domain-error.ts';
import { makeCertificate } from '../testing/certificate.ts';
import { createApp } from './create-app.ts';
import { type Certificate, type Listening, listen } from './listen.ts';
import { postJson } from './post-json.ts';
import type { HttpRoute } from './route.ts';

const faults = createFaultInjection(true);
const routes: HttpRoute[] = [
  { method: 'post', path: '/v1/things', handle: ({ body }) => ({ status: 201, body: { got: body } }) },
  {
    method: 'get',
    path: '/v1/things/{id}',
    handle: ({ params }) => {
      if (params.id === 'defect') throw new Error('postgres://u:hunter2@h/db');
      throw new DomainError('not-found', `There is no thing ${params.id}.`);
    },
  },
];
let server: Listening;
let url: string;

beforeAll(async () => {
  server = await listen(createApp(routes, faults, silentLog), '127.0.0.1', 0);
  url = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server.drain());
beforeEach(() => {
  faults.rules.replace([]);
  faults.requestCounter.clear();
});

const post = (body: string) => fetch(`${url}/v1/things`, { method: 'POST', body });

test('every answer echoes the request id, and a route is counted under its path', async () => {
  const response = await fetch(`${url}/v1/things/7`, { headers: { 'x-request-id': 'r-1' } });
  expect(response.headers.get('x-request-id')).toBe('r-1');
  expect(faults.requestCounter.read().byRequestId).toEqual({ 'r-1': { '/v1/things/{id}': 1 } });
  expect((await fetch(`${url}/elsewhere`)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test.each(['/V1/things', '/v1/Things', '/v1/things/', '//v1/things', '/v1//things', '/v1/things%2F', '/v1%2Fthings'])(
  'a path is what the gateway compares: POST %s is not /v1/things',
  async (path) => {
    expect((await fetch(`${url}${path}`, { method: 'POST', body: '{}' })).status).toBe(404);
  },
);

test('an error is sent as a problem, with the media type of problems', async () => {
  const response = await fetch(`${url}/v1/things/7`);
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await response.json()).toMatchObject({ status: 404, detail: 'There is no thing 7.' });
});

test('a defect becomes a 500 that does not reveal its cause', async () => {
  const response = await fetch(`${url}/v1/things/defect`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('hunter2');
});

test.each(['{', 'a=b', '<x/>', '{"a":}'])('the body %j is not JSON: 400', async (body) => {
  const response = await post(body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ field: 'body', message: 'must be JSON in UTF-8' }] });
});

const send = (headers: Record<string, string>, body: string | Buffer<ArrayBuffer>) =>
  fetch(`${url}/v1/things`, { method: 'POST', headers, body });

test.each(['gzip', 'deflate', 'br', 'zstd', 'compress', 'gzip, gzip', 'x'])(
  'a body that is not what its Content-Encoding %s says is the fault of its sender: 400',
  async (encoding) => {
    const response = await send({ 'content-encoding': encoding }, '{}');
    expect([response.status, await response.json()]).toMatchObject([400, { errors: [{ field: expect.anything() }] }]);
  },
);

test.each(['utf-16', 'latin1', 'utf-7', 'nonsense'])('the charset %s is not supported: 400', async (charset) => {
  const response = await send({ 'content-type': `application/json; charset=${charset}` }, '{}');
  expect([response.status, await response.json()]).toMatchObject([400, { errors: [{ field: 'Content-Type' }] }]);
});

test('bytes that are not UTF-8 are rejected, and not replaced', async () => {
  const response = await send({}, Buffer.from([0x22, 0xff, 0x22]));
  expect([response.status, await response.json()]).toMatchObject([400, { errors: [{ field: 'body' }] }]);
});

test('a compressed body is limited by what it becomes', async () => {
  const bomb = gzipSync(JSON.stringify('x'.repeat(10_000_000)));
  expect((await send({ 'content-encoding': 'gzip' }, bomb)).status).toBe(413);
  expect((await send({ 'content-encoding': 'gzip' }, gzipSync('"x"'))).status).toBe(201);
});

test('a path is cut before it goes into an answer or the log', async () => {
  const response = await fetch(`${url}/${'x'.repeat(8_000)}`);
  expect(response.status).toBe(404);
  expect((await response.text()).length).toBeLessThan(500);
});

const getTarget = async (path: string) => {
  const request = get({ host: '127.0.0.1', port: server.port, path, headers: { 'x-request-id': 'r-2' } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
};

test.each(['http://[/', 'http://[/v1/things/7'])(
  'the target %s, which is not a URL, is answered with a problem',
  async (target) => {
    const { status, headers, body } = await getTarget(target);
    expect([status, JSON.parse(body)]).toMatchObject([404, { type: expect.stringMatching(/\/not-found$/) }]);
    expect(headers).toMatchObject({ 'x-request-id': 'r-2', 'content-type': expect.stringContaining('problem+json') });
  },
);

test('a target that is a whole URL leads to its path', async () => {
  expect((await getTarget('http://windlass.example/v1/things/7?a=1')).body).toContain('There is no thing 7.');
});

test('an unknown expectation is ignored', async () => {
  expect((await postJson(new URL(`${url}/v1/things`), 1, { expect: 'a-miracle' })).status).toBe(201);
});

test('a body of 64 KiB is accepted; one byte more is too large', async () => {
  const ofLength = (length: number) => JSON.stringify('x'.repeat(length - 2));
  expect((await post(ofLength(64 * 1024))).status).toBe(201);
  const response = await post(ofLength(64 * 1024 + 1));
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ type: expect.stringMatching(/\/too-large$/) });
});

test('a request with an injected fault is counted and then answered with its status', async () => {
  faults.rules.replace([{ match: '/v1/things', failFirst: 1, status: 503 }]);
  expect([(await post('1')).status, (await post('1')).status]).toEqual([503, 201]);
  expect(faults.requestCounter.read().byMatch).toEqual({ '/v1/things': 2 });
});

test.each([
  ['empty', ''],
  ['page', '<html>'],
  ['other-json', '['],
] as const)('a broken answer %s has the status of its rule', async (answer, start) => {
  faults.rules.replace([{ match: '/v1/things', status: 200, answer }]);
  const response = await post('1');
  expect([response.status, (await response.text()).slice(0, start.length)]).toEqual([200, start]);
});

test('a cut answer breaks, a slow one goes on, and a huge one has 150 MiB', async () => {
  faults.rules.replace([{ match: '/v1/things', status: 200, answer: 'cut' }]);
  await expect(post('1').then((response) => response.text())).rejects.toThrow();
  faults.rules.replace([{ match: '/v1/things', status: 200, answer: 'slow' }]);
  const slow = await fetch(`${url}/v1/things`, { method: 'POST', body: '1', signal: AbortSignal.timeout(1_500) });
  await expect(slow.text()).rejects.toThrow('timeout');
  faults.rules.replace([{ match: '/v1/things', status: 200, answer: 'huge' }]);
  let bytes = 0;
  for await (const chunk of (await post('1')).body ?? []) bytes += chunk.length;
  expect(bytes).toBeGreaterThan(150 * 1024 * 1024);
});

test('a request with a carriedOut fault has its effect before it fails', async () => {
  let effects = 0;
  const charge: HttpRoute = { method: 'post', path: '/charges', handle: () => ({ status: 201, body: ++effects }) };
  const charging = createFaultInjection(true);
  charging.rules.replace([{ match: '/charges', status: 503, carriedOut: true }]);
  const charger = await listen(createApp([charge], charging, silentLog), '127.0.0.1', 0);
  const { status } = await fetch(`http://127.0.0.1:${charger.port}/charges`, { method: 'POST', body: '{}' });
  await charger.drain();
  expect({ status, effects }).toEqual({ status: 503, effects: 1 });
});

test('draining waits for the request in flight', async () => {
  const slow: HttpRoute = { method: 'get', path: '/slow', handle: () => ({ status: 200, body: 'done' }) };
  const slowFaults = createFaultInjection(true);
  slowFaults.rules.replace([{ match: '/slow', delayMs: 100 }]);
  const draining = await listen(createApp([slow], slowFaults, silentLog), '127.0.0.1', 0);
  const answer = fetch(`http://127.0.0.1:${draining.port}/slow`);
  await expect.poll(() => slowFaults.requestCounter.read().byMatch['/slow']).toBe(1);
  await draining.drain();
  expect((await answer).status).toBe(200);
});

describe('with a certificate', () => {
  let certificate: Certificate;
  let secure: Listening;
  beforeAll(async () => {
    certificate = await makeCertificate();
    secure = await listen(createApp(routes, faults, silentLog), '127.0.0.1', 0, certificate);
  });
  afterAll(() => secure.drain());
  const postTo = (origin: string, trust = {}) => postJson(new URL('/v1/things', origin), { a: 1 }, {}, trust);

  test('a server answers clients that trust its certificate and use the name in it', async () => {
    const answer = await postTo(`https://localhost:${secure.port}`, { ca: certificate.cert });
    expect(answer).toMatchObject({ status: 201, body: { got: { a: 1 } } });
    const byAddress = postTo(`https://127.0.0.1:${secure.port}`, { ca: certificate.cert });
    await expect(byAddress).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('a client that does not trust the certificate rejects it', async () => {
    const { cert: other } = await makeCertificate();
    await expect(postTo(`https://localhost:${secure.port}`, { ca: other })).rejects.toThrow(/self.signed certificate/);
  });

  test('plain HTTP is not served', async () => {
    await expect(postTo(`http://localhost:${secure.port}`)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('draining also closes idle connections', async () => {
    const draining = await listen(createApp(routes, faults, silentLog), '127.0.0.1', 0, certificate);
    await postTo(`https://localhost:${draining.port}`, { ca: certificate.cert });
    await draining.drain();
  });
});
