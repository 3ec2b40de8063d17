import { createServer, get } from 'node:http';

/**
 * One service of a chain, as text for `node --eval` in a pod. It forwards each request to NEXT once and returns the
 * response. Without NEXT it is the chain's leaf, which counts requests and fails each after 300 ms. The test reads the
 * count from `/hits`.
 */
const next = process.env.NEXT;
let requests = 0;

createServer((request, response) => {
  const answer = (status: number, body = ''): void => void response.writeHead(status).end(body);
  if (request.url === '/hits') return answer(200, String(requests));
  requests += 1;
  if (next === undefined) return void setTimeout(() => answer(503), 300);
  get(`${next}/call`, (reply) => {
    reply.resume();
    answer(reply.statusCode ?? 500);
  }).once('error', () => answer(502));
}).listen(8080, '0.0.0.0');
