import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderPlaced } from '../../services/contracts/events.ts';
import { addToOutbox } from '../../services/lib/messaging/outbox.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { type Database, openDatabase, type Queryable } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { libSchema, startPostgres, type TestPostgres } from '../../services/lib/testing/databases.ts';
import { eventually } from '../harness/eventually.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';
import { type RelayProcess, startRelayProcess } from '../harness/relay-process.ts';

const durationMs = process.env.TIER === 'prove' ? 20_000 : 10_000;
const orders = 24;
const relays = 3;
const killEveryMs = 1_000;
/** More than a relay has in flight at this load. Without the locks, nearly every event would be repeated. */
const repeatsPerKill = 50;

let kafka: LocalKafka;
let postgres: TestPostgres;
let database: Database;

beforeAll(async () => {
  [kafka, postgres] = await Promise.all([startLocalKafka(), startPostgres()]);
  await kafka.createTopics([orderPlaced.topic], 3);
  database = openDatabase(postgres.url, silentLog);
  await migrate(database, libSchema);
});
afterAll(async () => {
  await database.close();
  await Promise.all([kafka.stop(), postgres.stop()]);
});

test('relays that are killed at random lose no event, invent none and keep those of an order in order', async () => {
  const end = performance.now() + durationMs;
  const killing = relayWithKills(end);
  const written = new Map(
    await Promise.all(Array.from({ length: orders }, (_, order) => writeOrder(`o-${order}`, end))),
  );
  const kills = await killing;
  const seen = await readTopic();

  let [events, lost, invented, disordered, repeats] = [0, 0, 0, 0, 0];
  for (const [orderId, numbers] of written) {
    const all = seen.get(orderId) ?? [];
    const first = [...new Set(all)];
    events += numbers.length;
    lost += numbers.filter((number) => !first.includes(number)).length;
    invented += first.filter((number) => !numbers.includes(number)).length;
    disordered += first.filter((number, index) => index > 0 && number < (first[index - 1] ?? 0)).length;
    repeats += all.length - first.length;
  }
  const bound = (3 / events).toExponential(1);
  console.log(
    `outbox: ${events} events of ${orders} orders, ${relays} relays, ${kills} killed: ${lost} lost, ` +
      `${invented} invented, ${disordered} out of order (at most ${bound} of events with 95 % confidence), ` +
      `${repeats} repeated`,
  );
  expect({ lost, invented, disordered }).toEqual({ lost: 0, invented: 0, disordered: 0 });
  expect(kills).toBeGreaterThanOrEqual(relays);
  expect(events).toBeGreaterThan(1_000);
  expect(repeats).toBeLessThan(kills * repeatsPerKill);
});

/** Writes an order's events one after the other, in slow transactions. Some of them are rolled back. */
async function writeOrder(orderId: string, end: number): Promise<[string, readonly number[]]> {
  const committed: number[] = [];
  for (let number = 1; performance.now() < end; number++) {
    const write = async (tx: Queryable) => {
      await addToOutbox(tx, orderPlaced, {
        subject: orderId,
        data: { orderId, total: { currency: 'USD', amountMinor: BigInt(number) } },
      });
      await sleep(Math.random() * 30);
      if (Math.random() < 0.1) throw new RollBack();
    };
    const isCommitted = await database.transaction(write).then(
      () => true,
      (error: unknown) => {
        if (error instanceof RollBack) return false;
        throw error;
      },
    );
    if (isCommitted) committed.push(number);
  }
  return [orderId, committed];
}

class RollBack extends Error {}

/**
 * Keeps relays running and kills one at random intervals. In the end they empty the outbox.
 * @returns how many were killed
 */
async function relayWithKills(end: number): Promise<number> {
  const start = async (): Promise<RelayProcess> => {
    const relay = await startRelayProcess(postgres.url, kafka.brokers[0] ?? '');
    await relay.set('relay');
    return relay;
  };
  // The next kill does not wait for the replacement, which takes some seconds to start on a busy machine.
  const running = Array.from({ length: relays }, start);
  let kills = 0;
  while (performance.now() < end) {
    await sleep(Math.random() * 2 * killEveryMs);
    const victim = kills++ % relays;
    await (await running[victim])?.kill();
    running[victim] = start();
  }
  await eventually(async () => {
    const { rows } = await database.query('SELECT FROM outbox WHERE published_at IS NULL');
    if (rows.length > 0) throw new Error(`${rows.length} events are not published`);
  });
  await Promise.all(running.map(async (relay) => (await relay).kill()));
  return kills;
}

/** The numbers of each order's events, in the topic's order, repeats included. */
async function readTopic(): Promise<ReadonlyMap<string, readonly number[]>> {
  const admin = kafka.client.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(orderPlaced.topic);
  await admin.disconnect();
  const total = offsets.reduce((sum, { high }) => sum + Number(high), 0);
  const seen = new Map<string, number[]>();
  let read = 0;
  const consumer = kafka.client.consumer({ groupId: 'reader' });
  await consumer.connect();
  await consumer.subscribe({ topic: orderPlaced.topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const orderId = String(message.key);
      const { total: price } = JSON.parse(String(message.value)) as { total: { amountMinor: string } };
      seen.set(orderId, [...(seen.get(orderId) ?? []), Number(price.amountMinor)]);
      read++;
    },
  });
  await eventually(() => {
    if (read < total) throw new Error(`read ${read} of ${total}`);
  });
  await consumer.disconnect();
  return seen;
}
