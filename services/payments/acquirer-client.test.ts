import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAcquirerClient } from './acquirer-client.ts';

/** An acquirer that answers anything. */
let server: Server;
let answer: (response: ServerResponse) => void;
let client: ReturnType<typeof createAcquirerClient>;

beforeAll(async () => {
  server = createServer((request, response) => request.resume().once('end', () => answer(response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createAcquirerClient(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
});
afterAll(() => void server.close());

const authorize = () =>
  client.authorize('k-1', { orderId: 'o-1', amountMinor: 1, currency: 'USD', paymentToken: 'tok_ok' });

function answerWith(status: number, contentType: string, body: unknown, headers = {}): void {
  answer = (response) => {
    response.writeHead(status, { 'content-type': contentType, ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}
const problem = (status: number, type = 'https://partner.example/problems/p') =>
  answerWith(status, 'application/problem+json', { type, status, title: 'No' });

test.each([400, 402, 410, 413, 422, 451])("the acquirer's own %i refuses the payment permanently", async (status) => {
  problem(status);
  await expect(authorize()).rejects.toMatchObject({ code: 'failed-precondition' });
  await expect(client.settle('captures', 'k-1', 'a-1')).rejects.toMatchObject({ code: 'failed-precondition' });
});

test.each([400, 402, 410, 413, 422, 451])(
  'a reversal that gets %i is tried again: money may be held',
  async (status) => {
    problem(status);
    await expect(client.settle('reversals', 'k-1', 'a-1')).rejects.toMatchObject({ code: 'outcome-unknown' });
  },
);

test.each([
  ...[401, 403, 404, 405, 406, 407, 408, 409, 411, 412, 414, 415, 417, 418, 421, 423, 424, 425, 426, 428, 429, 431],
  ...[500, 501, 502, 503, 504, 507, 511, 599],
])("the acquirer's own %i is no decision about the payment", async (status) => {
  problem(status);
  await expect(authorize()).rejects.toMatchObject({ code: 'outcome-unknown' });
});

test.each([
  ['an empty 400', 400, 'text/plain', ''],
  ['a page', 400, 'text/html', '<html><h1>400 Bad Request</h1></html>'],
  ["Envoy's text", 422, 'text/plain', 'upstream connect error'],
  ['JSON without a type', 400, 'application/json', { message: 'no Route matched with those values' }],
  ['a list', 400, 'application/problem+json', ['https://partner.example/problems/p']],
  ['a number', 400, 'application/problem+json', 4],
  ['half a problem', 400, 'application/problem+json', '{"type":'],
  ['a problem about another status', 400, 'application/problem+json', { type: 'about:blank', status: 503 }],
])('%s is not the answer of the acquirer, so nothing is decided', async (_, status, type, body) => {
  answerWith(status, type, body);
  await expect(authorize()).rejects.toMatchObject({ code: 'outcome-unknown' });
});

test.each([
  ['an empty body', ''],
  ['no JSON', '<ok/>'],
  ['an empty object', {}],
  ['another status', { status: 'maybe', id: 'a-1' }],
  ['no id', { status: 'authorized' }],
  ['an empty id', { status: 'authorized', id: '' }],
  ['an id that Postgres cannot store', { status: 'authorized', id: 'a\u0000' }],
  ['half a character', { status: 'authorized', id: 'a\ud83d' }],
  ['an endless id', { status: 'authorized', id: 'a'.repeat(256) }],
  ['an id in the prototype', '{"status":"authorized","__proto__":{"id":"a-1"}}'],
])('a success with %s is an unknown outcome', async (_, body) => {
  answerWith(200, 'application/json', body);
  await expect(authorize()).rejects.toMatchObject({ code: 'outcome-unknown' });
});

test.each([301, 302, 303, 307, 308, 304])('a redirect %i is not a success', async (status) => {
  answerWith(status, 'application/json', { status: 'authorized', id: 'a-1' }, { location: '/elsewhere' });
  await expect(authorize()).rejects.toMatchObject({ code: 'outcome-unknown' });
});

test.each([202, 203, 204, 206, 207])('a success %i is not a result', async (status) => {
  answerWith(status, 'application/json', { status: 'authorized', id: 'a-1' });
  await expect(authorize()).rejects.toMatchObject({ code: 'outcome-unknown' });
  answerWith(status, 'application/json', { id: 'c-1' });
  await expect(client.settle('captures', 'k-1', 'a-1')).rejects.toMatchObject({ code: 'outcome-unknown' });
});

describe.each(['captures', 'reversals'] as const)('of %s, an answer', (kind) => {
  test.each([200, 201])('%i with an id is a result', async (status) => {
    answerWith(status, 'application/json', { id: 'c-1' });
    expect(await client.settle(kind, 'k-1', 'a-1')).toBe('c-1');
  });

  test.each([
    { status: 'declined', reason: 'authorization expired' },
    { status: 'failed' },
    { status: 'pending' },
    { amountMinor: 0 },
  ])('that adds %j does not count as success', async (more) => {
    answerWith(200, 'application/json', { id: 'c-1', ...more });
    await expect(client.settle(kind, 'k-1', 'a-1')).rejects.toMatchObject({ code: 'outcome-unknown' });
  });
});

test('an answer beyond the limit is an unknown outcome', async () => {
  answerWith(200, 'application/json', { status: 'authorized', id: 'a-1', note: 'x'.repeat(100_000) });
  await expect(authorize()).rejects.toMatchObject({ code: 'outcome-unknown' });
});

test('the reason of a decline is cleaned, for customers read it', async () => {
  answerWith(200, 'application/json', { status: 'declined', reason: `no\u0000\u202e\ud83d${'!'.repeat(1_000)}` });
  const result = await authorize();
  expect(result).toEqual({ status: 'declined', reason: `no  \ufffd${'!'.repeat(195)}`.slice(0, 200) });
});

test.each([
  {},
  { reason: null },
  { reason: 51 },
  { reason: { code: 51 } },
  { reason: '' },
  { reason: ' \u200b\u202e\n' },
])('a decline with %j instead of a readable reason is a decline', async (rest) => {
  answerWith(200, 'application/json', { status: 'declined', ...rest });
  expect(await authorize()).toEqual({ status: 'declined', reason: 'no reason given' });
});

test.each(['422', null, true])(
  'a problem whose member status is %j, which is not a number, is a refusal',
  async (status) => {
    answerWith(422, 'application/problem+json', { type: 'https://partner.example/problems/p', status });
    await expect(authorize()).rejects.toMatchObject({ code: 'failed-precondition' });
  },
);

test.each([429, 503])('how long the acquirer asks to wait comes with the error: %i', async (status) => {
  answerWith(status, 'application/problem+json', { type: 'about:blank', status }, { 'retry-after': '30' });
  await expect(authorize()).rejects.toMatchObject({ retryAfterMs: 30_000 });
});
