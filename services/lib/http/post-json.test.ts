import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerLimitBytes, postJson } from './post-json.ts';

/** A server that answers each connection's first bytes in its own way, below HTTP. */
let server: Server;
let url: URL;
let answer: (socket: Socket) => void;
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/v1/things`);
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const post = () => postJson(url, { a: 1 }, {});
const head = (...headers: string[]) =>
  `${['HTTP/1.1 200 OK', 'content-type: application/json', 'connection: close', ...headers].join('\r\n')}\r\n\r\n`;
const full =
  (body: string | Buffer, ...headers: string[]) =>
  (socket: Socket) => {
    socket.write(head(`content-length: ${Buffer.byteLength(body)}`, ...headers));
    socket.end(body);
  };

/** Writes as long as the client reads. Resolves when the client has closed the connection. */
function flood(socket: Socket, piece: string | Buffer, pieces: number): void {
  for (let written = 0; written < pieces && !socket.destroyed; written++) {
    if (!socket.write(piece)) return void socket.once('drain', () => flood(socket, piece, pieces - written - 1));
  }
  socket.end();
}

test.each([
  ['with its length', head(`content-length: ${150 * 1024 * 1024}`), Buffer.alloc(64 * 1024, ' ')],
  ['in chunks', head('transfer-encoding: chunked'), Buffer.from(`10000\r\n${' '.repeat(0x10000)}\r\n`)],
  ['until the connection ends', head(), Buffer.alloc(64 * 1024, ' ')],
])('an answer of 150 MiB %s is cut at the limit, and memory does not grow', async (_, headers, piece) => {
  answer = (socket) => {
    socket.write(headers);
    flood(socket, piece, 150 * 16);
  };
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  await expect(post()).rejects.toMatchObject({ code: 'ERR_ANSWER_TOO_LARGE' });
  expect(process.memoryUsage.rss() - before).toBeLessThan(40 * 1024 * 1024);
  await expect.poll(() => sockets.size).toBe(0);
});

test('an answer of exactly the limit is read', async () => {
  const body = JSON.stringify('a'.repeat(answerLimitBytes - 2));
  answer = full(body);
  expect((await post()).body).toHaveLength(answerLimitBytes - 2);
});

test('a flood of interim answers ends the call', async () => {
  answer = (socket) => flood(socket, 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1_000), 1_000);
  await expect(post()).rejects.toMatchObject({ code: 'ERR_ANSWER_TOO_LARGE' });
});

test('a few interim answers are skipped', async () => {
  answer = (socket) => {
    socket.write('HTTP/1.1 103 Early Hints\r\n\r\n');
    full('{"id":"a-1"}')(socket);
  };
  expect((await post()).body).toEqual({ id: 'a-1' });
});

test.each([
  ['is cut short', (socket: Socket) => void socket.end(`${head('content-length: 100')}{"id"`)],
  ['has an invalid length', (socket: Socket) => void socket.end(`${head('content-length: -1')}{}`)],
  ['has two lengths', (socket: Socket) => void socket.end(`${head('content-length: 2', 'content-length: 3')}{}`)],
  ['has garbage for chunks', (socket: Socket) => void socket.end(`${head('transfer-encoding: chunked')}zz\r\n{}`)],
  ['has endless headers', (socket: Socket) => flood(socket, `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`, 1)],
  ['is not HTTP', (socket: Socket) => void socket.end('SSH-2.0-OpenSSH\r\n')],
  ['is empty', (socket: Socket) => void socket.end()],
  [
    'switches protocols',
    (socket: Socket) => void socket.end('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  ],
])('an answer that %s is an error of the connection', async (_, hostile) => {
  answer = hostile;
  await expect(post()).rejects.toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|HPE_\w+)$/) });
});

test.each([
  ['gzip that was not asked for', full(gzipSync('{"id":"a-1"}'), 'content-encoding: gzip')],
  ['JSON that claims to be gzip', full('{"id":"a-1"}', 'content-encoding: gzip')],
  ['bytes that are not UTF-8', full(Buffer.from([0x22, 0xff, 0x22]))],
  ['half an object', full('{"id":')],
  ['nothing', full('')],
])('an answer with %s has no body', async (_, hostile) => {
  answer = hostile;
  expect(await post()).toMatchObject({ status: 200, body: undefined });
});

test.each(['text/html', 'text/plain; charset=utf-8', 'application/jsonp', ''])(
  'an answer of type "%s" has no body, even if it reads as JSON',
  async (type) => {
    answer = (socket) =>
      void socket.end(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`);
    expect(await post()).toMatchObject({ status: 200, body: undefined });
  },
);

test('deeply nested JSON is read', async () => {
  const depth = answerLimitBytes / 2;
  answer = full('['.repeat(depth) + ']'.repeat(depth));
  expect((await post()).body).toBeInstanceOf(Array);
});

test('a redirect is an answer like others and is not followed', async () => {
  answer = (socket) =>
    void socket.end(`HTTP/1.1 307 Moved\r\nlocation: ${url}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  expect(await post()).toMatchObject({ status: 307 });
});

const date = 'date: Thu, 26 Nov 2026 10:00:00 GMT';
test.each([
  ['retry-after: 7', 7_000],
  ['retry-after: Thu, 26 Nov 2026 10:01:00 GMT', 60_000],
  ['retry-after: Thu, 26 Nov 2026 09:00:00 GMT', undefined],
  ['retry-after: soon', undefined],
  ['retry-after: -1', undefined],
  ['retry-after: 1e9', undefined],
  ['x: y', undefined],
])('%s asks to wait %s ms', async (header, retryAfterMs) => {
  answer = full('{}', date, header);
  expect((await post()).retryAfterMs).toBe(retryAfterMs);
});
