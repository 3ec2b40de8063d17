import { createServer, get, type ServerResponse } from 'node:http';

/**
 * One service of a chain, as text for `node --eval` in a pod. It forwards each request to NEXT once and returns the
 * response. Without NEXT it is the chain's leaf, which works on each request for WORK_MS, on WORKERS requests at a time,
 * and then answers STATUS. Like a server without load shedding, it works on requests whose callers have given up, and its
 * queue has no bound. The test reads the counts from `/hits` and changes the work with `/work?ms=1000`.
 */
const { NEXT: next, ABORT_PERCENT = '0', STATUS = '200', WORK_MS = '0', WORKERS = '10000' } = process.env;
let workMs = Number(WORK_MS);
let requests = 0;
let aborts = 0;
let working = 0;
const queue: ServerResponse[] = [];

function work(): void {
  while (working < Number(WORKERS)) {
    const response = queue.shift();
    if (response === undefined) return;
    working += 1;
    setTimeout(() => {
      working -= 1;
      response.writeHead(Number(STATUS)).end();
      work();
    }, workMs);
  }
}

// As services do: the sidecar is responsible for idle connections, and closing them here races with its next request.
const options = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };

createServer(options, (request, response) => {
  const answer = (status: number, body = ''): void => void response.writeHead(status).end(body);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hop');
  if (pathname === '/hits') return answer(200, JSON.stringify({ requests, aborts, queued: queue.length }));
  if (pathname === '/work') {
    workMs = Number(searchParams.get('ms'));
    return answer(200);
  }
  requests += 1;
  if (Math.random() * 100 < Number(ABORT_PERCENT)) {
    aborts += 1;
    return answer(503);
  }
  if (next === undefined) {
    queue.push(response);
    return work();
  }
  get(`${next}/call`, (reply) => {
    reply.resume();
    answer(reply.statusCode ?? 500);
  }).once('error', () => answer(502));
}).listen(8080, '0.0.0.0');
