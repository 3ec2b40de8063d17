import { Partitioners } from 'kafkajs';
import { orderPlaced } from '../../services/contracts/events.ts';
import { encodeEvent } from '../../services/lib/messaging/cloud-event.ts';
import type { OutgoingMessage, Publisher } from '../../services/lib/messaging/message.ts';
import { type OutboxRow, startRelay } from '../../services/lib/messaging/relay.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import type { Database } from '../../services/lib/postgres/database.ts';
import type { LocalKafka } from '../harness/local-kafka.ts';
import { summarize } from './percentiles.ts';

const events = 20_000;
const naiveEvents = 500;
const rounds = 5;

interface Bench {
  readonly database: Database;
  readonly kafka: LocalKafka;
  readonly publisher: Publisher;
}

export interface Throughput {
  /** Events per second, medians. */
  readonly relay: number;
  readonly naive: number;
  readonly raw: number;
  /** Medians of the rounds' ratios, because other load on the machine affects both parts of a round. */
  readonly relayToNaive: number;
  readonly relayToRaw: number;
}

/**
 * Measures a backlog through the relay, the same messages in the same batches through kafkajs alone, and a poller that
 * publishes row by row. All three run several times in turn. The first round only warms up.
 */
export async function measureThroughput(bench: Bench): Promise<Throughput> {
  const measured: { relay: number; naive: number; raw: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const { relay, batches } = await relayBacklog(bench);
    const raw = await sendRaw(bench.kafka, batches);
    const naive = await pollNaively(bench);
    console.log(`round ${round}, events/s: relay ${relay}, kafkajs alone ${raw}, row by row ${naive}`);
    if (round > 0) measured.push({ relay, raw, naive });
  }
  const medianOf = (read: (round: (typeof measured)[number]) => number) => summarize(measured.map(read)).p50;
  return {
    relay: medianOf(({ relay }) => relay),
    naive: medianOf(({ naive }) => naive),
    raw: medianOf(({ raw }) => raw),
    relayToNaive: medianOf(({ relay, naive }) => relay / naive),
    relayToRaw: medianOf(({ relay, raw }) => (100 * relay) / raw) / 100,
  };
}

/** @returns events per second until the last one is marked as published, and the published messages */
async function relayBacklog({ database, publisher }: Bench): Promise<{ relay: number; batches: OutgoingMessage[][] }> {
  await fillOutbox(database, events);
  const batches: OutgoingMessage[][] = [];
  let published = 0;
  let finish = () => {};
  const isFinished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const observed: Publisher = {
    async publish(messages) {
      batches.push([...messages]);
      await publisher.publish(messages);
      published += messages.length;
      if (published >= events) finish();
    },
  };
  const relay = await perSecond(events, async () => {
    const stop = startRelay(database, observed, 'relay', silentLog);
    await isFinished;
    await stop();
  });
  return { relay, batches };
}

async function sendRaw(kafka: LocalKafka, batches: readonly OutgoingMessage[][]): Promise<number> {
  const producer = kafka.client.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const sends = batches.map((batch) => [
    { topic: orderPlaced.topic, messages: batch.map(({ key, value, headers }) => ({ key, value, headers })) },
  ]);
  const rate = await perSecond(events, async () => {
    for (const topicMessages of sends) await producer.sendBatch({ topicMessages, acks: -1 });
  });
  await producer.disconnect();
  return rate;
}

async function pollNaively({ database, publisher }: Bench): Promise<number> {
  await fillOutbox(database, naiveEvents);
  const publishNext = () =>
    database.transaction(async (tx) => {
      const { rows } = await tx.query<OutboxRow>('SELECT * FROM outbox ORDER BY id LIMIT 1 FOR UPDATE');
      for (const { id, topic, event_id, occurred_at, trace, ...event } of rows) {
        const time = occurred_at.toISOString();
        await publisher.publish([encodeEvent(topic, { ...event, id: event_id, time }, trace)]);
        await tx.query('DELETE FROM outbox WHERE id = $1', [id]);
      }
    });
  return perSecond(naiveEvents, async () => {
    for (let event = 0; event < naiveEvents; event++) await publishNext();
  });
}

/** Events as large as those of orders, each for another order and with a trace. */
async function fillOutbox(database: Database, count: number): Promise<void> {
  await database.query('TRUNCATE outbox');
  await database.query(
    `INSERT INTO outbox (topic, event_id, source, type, subject, data, trace)
    SELECT $1, gen_random_uuid(), '/windlass/orders', $2, gen_random_uuid()::text, $3, $4
    FROM generate_series(1, $5::int)`,
    [orderPlaced.topic, orderPlaced.type, JSON.stringify(data), { traceparent }, count],
  );
  await database.query('ANALYZE outbox');
}

const data = {
  orderId: '5f0c6a3e-8f0b-4b0e-9f39-0d5f5f2d8c11',
  customerId: 'c-1234',
  items: [{ sku: 'mug', quantity: 2 }],
  total: { currency: 'USD', amountMinor: '2400' },
};
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return Math.round((1_000 * count) / (performance.now() - startedAt));
}
