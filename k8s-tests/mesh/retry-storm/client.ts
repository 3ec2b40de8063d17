import { Agent, get } from 'node:http';

/**
 * The client of the chain, as text for `node --eval` in its pod. It calls URL REQUESTS times, IN_FLIGHT at a time,
 * without retries. It prints how many responses had each status.
 */
const { URL: url = '', REQUESTS, IN_FLIGHT } = process.env;
const agent = new Agent({ keepAlive: true });
const statuses: Record<number, number> = {};
let left = Number(REQUESTS);

const call = () =>
  new Promise<number>((resolve) => {
    const request = get(url, { agent }, (reply) => {
      reply.resume().once('end', () => resolve(reply.statusCode ?? 0));
    });
    request.once('error', () => resolve(0));
  });

async function work(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const status = await call();
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
}

await Promise.all(Array.from({ length: Number(IN_FLIGHT) }, work));
console.log(JSON.stringify(statuses));
process.exit(0);
