import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderPlaced } from '../../services/contracts/events.ts';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { readDeadLetters, redrive, visitDeadLetters } from '../../services/lib/messaging/dead-letter-queue.ts';
import type { Publisher } from '../../services/lib/messaging/message.ts';
import { addToOutbox } from '../../services/lib/messaging/outbox.ts';
import { readTopic } from '../../services/lib/messaging/read-topic.ts';
import { startRelay } from '../../services/lib/messaging/relay.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import type { Database } from '../../services/lib/postgres/database.ts';
import { startTestDatabase } from '../../services/lib/testing/databases.ts';
import { eventually } from '../harness/eventually.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';

let kafka: LocalKafka;
let database: Database;
let stopDatabase: () => Promise<void>;
let publisher: Publisher & { close(): Promise<void> };

beforeAll(async () => {
  kafka = await startLocalKafka();
  await kafka.createTopics(['orders.v1', 'orders.dlq']);
  ({ database, stop: stopDatabase } = await startTestDatabase());
  publisher = await createBroker('orders', kafka, silentLog).connectPublisher();
});
afterAll(async () => {
  await publisher?.close();
  await stopDatabase?.();
  await kafka?.stop();
});

const place = (subject: string, customerId = '') =>
  addToOutbox(database, orderPlaced, { subject, data: { orderId: subject, customerId } });

async function setMaxBytes(topic: string, bytes: number): Promise<void> {
  const admin = kafka.client.admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] });
  await admin.disconnect();
}

async function relayAll(): Promise<void> {
  const stop = startRelay(database, publisher, 'orders', silentLog);
  await eventually(async () => {
    const { rowCount } = await database.query('SELECT FROM outbox WHERE published_at IS NULL');
    expect(rowCount).toBe(0);
  });
  await stop();
}

const keysOf = async (topic: string) => (await readTopic(kafka, topic)).map(({ key }) => String(key));

test('an event larger than its topic allows is dead-lettered, and those around it are published in order', async () => {
  await setMaxBytes('orders.v1', 4_000);
  for (let number = 0; number < 30; number++) await place(`o-${number}`, 'c'.repeat(number === 7 ? 5_000 : 300));
  await relayAll();
  const others = Array.from({ length: 30 }, (_, number) => `o-${number}`).filter((key) => key !== 'o-7');
  const published = await keysOf('orders.v1');
  expect(new Set(published)).toEqual(new Set(others));
  const [deadLetter, ...more] = await readDeadLetters(kafka, 'orders');
  expect(more).toEqual([]);
  expect(deadLetter).toMatchObject({ cause: 'oversize', isUnsent: true, isCut: false });
  expect(deadLetter?.originalPosition).toMatch(/^orders\.v1\/outbox\/\d+$/);

  await setMaxBytes('orders.v1', 1_000_000);
  await visitDeadLetters(kafka, 'orders', new Set([deadLetter?.id ?? '']), (one) => redrive(publisher, one));
  const redriven = (await readTopic(kafka, 'orders.v1')).find(({ key }) => String(key) === 'o-7');
  expect(redriven?.headers, 'no group has met it').not.toHaveProperty('dl-redrive-for');
  expect(await readDeadLetters(kafka, 'orders')).toEqual([]);
});

test('rows of an earlier release with 7 kB of baggage get out, without the baggage', async () => {
  for (let number = 0; number < 300; number++) await place(`old-${number}`);
  await database.query(
    `UPDATE outbox SET trace = jsonb_build_object('traceparent', $1::text, 'baggage', repeat('b', 7000))
    WHERE published_at IS NULL`,
    [`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`],
  );
  await relayAll();
  const sent = (await readTopic(kafka, 'orders.v1')).filter(({ key }) => String(key).startsWith('old-'));
  expect(sent).toHaveLength(300);
  expect(
    sent.every(({ headers }) => headers.baggage === undefined && headers.traceparent?.includes('a'.repeat(32))),
  ).toBe(true);
});

test('a dead-letter message that its own topic refuses as too large is cut until the topic takes it', async () => {
  await setMaxBytes('orders.v1', 4_000);
  await setMaxBytes('orders.dlq', 2_000);
  await place('o-cut', 'c'.repeat(5_000));
  await relayAll();
  const [deadLetter] = await readDeadLetters(kafka, 'orders');
  expect(deadLetter).toMatchObject({ cause: 'oversize', isCut: true });
});
