import { Agent, get } from 'node:http';

/**
 * As text for `node --eval` in the client's pod: REQUESTS calls of URL, IN_FLIGHT at a time, each sent once; prints the statuses
 * and how many of each.
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
