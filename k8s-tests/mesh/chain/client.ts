import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The client of the chain, as text for `node --eval` in its pod. It calls URL REQUESTS times without retries:
 * IN_FLIGHT at a time, or with RATE that many per second, whether earlier calls are answered or not. It prints its
 * start, how many responses had each status, and for each second since then how many of the calls that began in it
 * succeeded. The reasons are the texts of failures: the chain's programs send none, and its own proxy says why it failed.
 */
const { URL: url = '', REQUESTS, IN_FLIGHT = '10000', RATE } = process.env;
const agent = new Agent({ keepAlive: true });
const statuses: Record<number, number> = {};
const reasons: Record<string, number> = {};
const succeeded: number[] = [];
const startedAtMs = Date.now();
const startedAt = performance.now();
let sent = 0;

function count<Key extends string | number>(counts: Record<Key, number>, key: Key): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

const call = () =>
  new Promise<number>((resolve) => {
    const request = get(url, { agent }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      reply.once('end', () => {
        if (reply.statusCode !== 200) count(reasons, text);
        resolve(reply.statusCode ?? 0);
      });
    });
    request.once('error', (error) => {
      count(reasons, error.message);
      resolve(0);
    });
  });

async function callOnce(): Promise<void> {
  const second = Math.floor((performance.now() - startedAt) / 1_000);
  const status = await call();
  count(statuses, status);
  succeeded[second] = (succeeded[second] ?? 0) + (status === 200 ? 1 : 0);
}

async function work(): Promise<void> {
  while (sent < Number(REQUESTS)) {
    sent += 1;
    await callOnce();
  }
}

async function sendOnTime(ratePerSecond: number): Promise<void> {
  const calls: Promise<void>[] = [];
  for (; sent < Number(REQUESTS); sent += 1) {
    await sleep(Math.max(0, startedAt + (sent * 1_000) / ratePerSecond - performance.now()));
    calls.push(callOnce());
  }
  await Promise.all(calls);
}

if (RATE === undefined) await Promise.all(Array.from({ length: Number(IN_FLIGHT) }, work));
else await sendOnTime(Number(RATE));
console.log(
  JSON.stringify({ startedAtMs, statuses, reasons, succeeded: Array.from(succeeded, (count) => count ?? 0) }),
);
process.exit(0);
