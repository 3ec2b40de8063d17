import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { orderPlaced } from '../../services/contracts/events.ts';
import type { Publisher } from '../../services/lib/messaging/message.ts';
import { addToOutbox } from '../../services/lib/messaging/outbox.ts';
import { startRelay } from '../../services/lib/messaging/relay.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import type { Database } from '../../services/lib/postgres/database.ts';
import type { RelayProcess } from '../harness/relay-process.ts';
import { summarize } from './percentiles.ts';

const ratePerSecond = 200;
const latencySeconds = 20;
const writers = 8;
/** A writer's pause between transactions. Eight writers then commit about 200 events per second. */
const pauseMs = 35;
const armSeconds = 6;
const pairs = 6;

/** The time from the response to COMMIT to the broker's response (acks=all), at 200 events per second. */
export async function measureLatency(
  database: Database,
  publisher: Publisher,
): Promise<{ readonly p50: number; readonly p99: number }> {
  const committedAt = new Map<string, number>();
  const arrivedAt = new Map<string, number>();
  const stop = startRelay(
    database,
    {
      async publish(messages) {
        await publisher.publish(messages);
        const now = performance.now();
        for (const { key } of messages) arrivedAt.set(String(key), now);
      },
    },
    'relay',
    silentLog,
  );
  const writes: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let event = 0; event < ratePerSecond * latencySeconds; event++) {
    await sleep(startedAt + (1_000 * event) / ratePerSecond - performance.now());
    const orderId = randomUUID();
    writes.push(place(database, orderId).then(() => void committedAt.set(orderId, performance.now())));
  }
  await Promise.all(writes);
  while (arrivedAt.size < committedAt.size) await sleep(10);
  await stop();
  return summarize([...committedAt].map(([orderId, at]) => (arrivedAt.get(orderId) ?? Number.NaN) - at));
}

/**
 * Measures by how many percent the rate of commits drops while the relay, a separate process as in the cluster,
 * publishes the events. Each writer commits one event after the other with a pause, alternately with and without relay.
 */
export async function measureWriters(
  database: Database,
  relay: RelayProcess,
): Promise<{ readonly lostPercent: number; readonly perSecond: number }> {
  const rates = { relay: [] as number[], pause: [] as number[] };
  for (let arm = 0; arm <= 2 * pairs; arm++) {
    // The order alternates with each pair, so that a drift over time affects both. The first round only warms up.
    const wanted = Math.ceil(arm / 2) % 2 === 0 ? 'relay' : 'pause';
    await database.query('TRUNCATE outbox');
    await relay.set(wanted);
    const written = await writeFor(database, armSeconds);
    await relay.set('pause');
    if (arm > 0) rates[wanted].push(written / armSeconds);
  }
  const [on, off] = [summarize(rates.relay).p50, summarize(rates.pause).p50];
  console.log(`writers, events/s: with the relay ${rates.relay.join(', ')}; without ${rates.pause.join(', ')}`);
  return { lostPercent: Math.round(1_000 * (1 - on / off)) / 10, perSecond: off };
}

async function writeFor(database: Database, seconds: number): Promise<number> {
  const end = performance.now() + 1_000 * seconds;
  const write = async () => {
    let written = 0;
    for (; performance.now() < end; written++) {
      await place(database, randomUUID());
      await sleep(pauseMs);
    }
    return written;
  };
  const each = await Promise.all(Array.from({ length: writers }, write));
  return each.reduce((sum, written) => sum + written, 0);
}

function place(database: Database, orderId: string): Promise<void> {
  return database.transaction((tx) =>
    addToOutbox(tx, orderPlaced, {
      subject: orderId,
      data: { orderId, total: { currency: 'USD', amountMinor: 2400n } },
    }),
  );
}
