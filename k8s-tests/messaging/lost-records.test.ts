import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orderPlaced } from '../../services/contracts/events.ts';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { done } from '../../services/lib/messaging/handle-message.ts';
import { republishLost, type Topics } from '../../services/lib/messaging/lost-records.ts';
import type { Publisher } from '../../services/lib/messaging/message.ts';
import { addToOutbox } from '../../services/lib/messaging/outbox.ts';
import { readTopic } from '../../services/lib/messaging/read-topic.ts';
import { startRelay } from '../../services/lib/messaging/relay.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import type { Database } from '../../services/lib/postgres/database.ts';
import { startTestDatabase } from '../../services/lib/testing/databases.ts';
import { eventually } from '../harness/eventually.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';

const topic = orderPlaced.topic;
let kafka: LocalKafka;
let database: Database;
let publisher: Publisher & { close(): Promise<void> };
let topics: Topics & { close(): Promise<void> };
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  kafka = await startLocalKafka();
  const test = await startTestDatabase();
  database = test.database;
  const broker = createBroker('orders', kafka.brokers, silentLog);
  publisher = await broker.connectPublisher();
  topics = await broker.connectTopics();
  stops.push(
    () => kafka.stop(),
    () => test.stop(),
    () => publisher.close(),
    () => topics.close(),
  );
});
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

beforeEach(async () => {
  await database.query('TRUNCATE outbox, topic_ends');
  if (await topics.readEnds(topic)) await deleteTopic();
  await kafka.createTopics([topic], 3);
});

const place = (subject: string) => addToOutbox(database, orderPlaced, { subject, data: { orderId: subject } });
/** Consumers need time to notice, and only one test has consumers. */
const check = (waitMs = 0) => republishLost(database, topics, topic, { log: silentLog, waitMs });
const relay = (waitMs?: number) =>
  startRelay(database, publisher, 'orders', silentLog, async () => void (await check(waitMs)));

async function deleteTopic(): Promise<void> {
  const admin = kafka.client.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] }).finally(() => admin.disconnect());
  await eventually(async () => expect(await topics.readEnds(topic)).toBeUndefined());
}

async function countWaiting(): Promise<number> {
  const { rows } = await database.query('SELECT FROM outbox WHERE published_at IS NULL');
  return rows.length;
}
const untilPublished = () =>
  eventually(async () => expect(await countWaiting()).toBe(0), { timeoutMs: 20_000, intervalMs: 50 });

/** Runs a relay until all events are published and the topic's ends are noted. */
async function publishAll(waitMs?: number): Promise<void> {
  const stop = relay(waitMs);
  await untilPublished();
  await stop();
  await check();
}

const subjectsIn = async () => (await readTopic(kafka.brokers, topic)).map(({ key }) => String(key));

test('the ends of a topic that nobody has seen yet are noted, and nothing is published again', async () => {
  await place('o-1');
  await publishAll();
  expect(await check()).toBe(0);
  expect(await subjectsIn()).toEqual(['o-1']);
});

test('a topic that was deleted and created again gets all events of the outbox again, each order in its order', async () => {
  const subjects = ['o-1', 'o-2', 'o-1', 'o-3', 'o-1'];
  for (const subject of subjects) await place(subject);
  await publishAll();
  await deleteTopic();
  await kafka.createTopics([topic], 3);
  await place('o-1');
  await publishAll();
  const ids = async (subject: string) =>
    (await readTopic(kafka.brokers, topic))
      .filter(({ key }) => String(key) === subject)
      .map(({ headers }) => headers.ce_id);
  const { rows } = await database.query<{ event_id: string }>(
    "SELECT event_id FROM outbox WHERE subject = 'o-1' ORDER BY id",
  );
  expect(await ids('o-1')).toEqual(rows.map(({ event_id }) => event_id));
  expect(new Set(await subjectsIn())).toEqual(new Set(subjects));
});

test('an event that is placed while its topic is missing waits, and is published after the earlier ones', async () => {
  await place('o-1');
  await publishAll();
  await deleteTopic();
  const stop = relay();
  await place('o-1');
  await sleep(2_500);
  expect(await countWaiting()).toBeGreaterThan(0);
  await kafka.createTopics([topic], 3);
  await untilPublished();
  await stop();
  expect(await subjectsIn()).toEqual(['o-1', 'o-1']);
});

test('a topic that is missing while nobody publishes gets its events again, even if it is longer afterwards', async () => {
  await place('o-1');
  await publishAll();
  await deleteTopic();
  await check();
  await kafka.createTopics([topic], 3);
  const message = { topic, key: 'other', value: '{}', headers: {} };
  await publisher.publish([message]).catch(() => publisher.publish([message]));
  for (let count = 0; count < 20; count++) await publisher.publish([{ ...message, key: `other-${count}` }]);
  expect(await check()).toBe(1);
});

test('events that were published longer than two hours ago stay published', async () => {
  await place('o-1');
  for (const subject of ['o-2', 'o-3', 'o-4']) await place(subject);
  await publishAll();
  await database.query("UPDATE outbox SET published_at = now() - interval '121 minutes' WHERE subject = 'o-1'");
  await database.query("UPDATE outbox SET published_at = now() - interval '119 minutes' WHERE subject = 'o-2'");
  await database.query("UPDATE outbox SET published_at = now() - interval '5 minutes' WHERE subject = 'o-3'");
  await deleteTopic();
  await kafka.createTopics([topic], 3);
  expect(await check()).toBe(3);
});

test('two relays that notice the loss publish the events once more, and not twice', async () => {
  for (let number = 0; number < 50; number++) await place(`o-${number}`);
  await publishAll();
  await deleteTopic();
  await kafka.createTopics([topic], 3);
  const relays = [relay(), relay(), relay()];
  await eventually(async () => expect((await subjectsIn()).length).toBe(50), { timeoutMs: 20_000 });
  await sleep(500);
  await Promise.all(relays.map((stop) => stop()));
  expect((await subjectsIn()).length).toBe(50);
});

test.each([0, 3_000])(
  'a consumer reads a topic from its beginning that was deleted and created again %i ms later',
  { timeout: 60_000 },
  async (gapMs) => {
    const group = `reader-${gapMs}`;
    const handled: string[] = [];
    const handle = async ({ subject }: { subject: string }) => {
      handled.push(subject);
      return done;
    };
    const options = { group, handlers: [{ event: orderPlaced, handle }], publisher, log: silentLog };
    const leave = await createBroker(group, kafka.brokers, silentLog).consume([topic], options, () => undefined);
    for (let number = 0; number < 30; number++) await place(`before-${number}`);
    await publishAll();
    await eventually(async () => expect(handled).toHaveLength(30), { timeoutMs: 20_000 });
    await deleteTopic();
    await sleep(gapMs);
    await kafka.createTopics([topic], 3);
    for (let number = 0; number < 5; number++) await place(`after-${number}`);
    await publishAll(5_000);
    // The consumer has no inbox here, so it gets the first thirty a second time.
    await eventually(async () => expect(handled).toHaveLength(65), { timeoutMs: 30_000 });
    expect(new Set(handled).size).toBe(35);
    await leave();
  },
);
