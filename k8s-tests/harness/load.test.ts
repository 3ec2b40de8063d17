import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasStatus } from './check.ts';
import { Load } from './load.ts';

let requests = 0;
const server = createServer((request, response) => {
  requests += 1;
  if (request.url === '/drop') request.socket.destroy();
  else response.writeHead(requests % 2 === 0 ? 503 : 200).end();
});
const urlOf = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

it('counts every call once, as a response or as a failure', async () => {
  requests = 0;
  // More than a stalled machine could make up for at once: a call above the limit is not sent.
  const options = { ratePerSecond: 100, maxInFlight: 10_000 } as const;
  const load = new Load({ ...options, call: () => ({ url: urlOf('/') }), check: hasStatus(200) });
  await sleep(200);
  const { sent, answers, failures } = await load.stop();
  expect(sent).toBe(requests);
  expect(sent).toBeGreaterThan(5);
  expect(answers.length).toBe(Math.ceil(sent / 2));
  expect(failures.length).toBe(Math.floor(sent / 2));
});

it('counts a dropped connection as a failure and does not send it again', async () => {
  requests = 0;
  const load = new Load({ ratePerSecond: 50, call: () => ({ url: urlOf('/drop') }), check: hasStatus(200) });
  await sleep(100);
  const { sent, failures } = await load.stop();
  expect(failures).toHaveLength(sent);
  expect(requests).toBe(sent);
});
