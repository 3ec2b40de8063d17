import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { orderPlaced } from '../../services/contracts/events.ts';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { done } from '../../services/lib/messaging/handle-message.ts';
import { republishLost, type Topic } from '../../services/lib/messaging/lost-records.ts';
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
const otherTopic = 'other.v1';
let kafka: LocalKafka;
let database: Database;
let publisher: Publisher & { close(): Promise<void> };
let described: Topic & { close(): Promise<void> };
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  kafka = await startLocalKafka();
  const test = await startTestDatabase();
  database = test.database;
  const broker = createBroker('orders', kafka, silentLog);
  publisher = await broker.connectPublisher();
  described = await broker.connectTopic(topic);
  stops.push(
    () => kafka.stop(),
    () => test.stop(),
    () => publisher.close(),
    () => described.close(),
  );
});
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

beforeEach(async () => {
  await database.query('TRUNCATE outbox, topic_ends');
  if (await described.readEnds()) await deleteTopic();
  await kafka.createTopics([topic], 3);
});

const place = (subject: string) => addToOutbox(database, orderPlaced, { subject, data: { orderId: subject } });
/** Consumers need time to notice, and only one test has consumers. */
const check = (waitMs = 0) => republishLost(database, described, { log: silentLog, waitMs });
const relay = (waitMs?: number) =>
  startRelay(database, publisher, 'orders', silentLog, async () =>
    (await check(waitMs)) === 'missing' ? [topic] : [],
  );

async function deleteTopic(): Promise<void> {
  const admin = kafka.client.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] }).finally(() => admin.disconnect());
  await eventually(async () => expect(await described.readEnds()).toBeUndefined());
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

const subjectsIn = async () => (await readTopic(kafka, topic)).map(({ key }) => String(key));

/** The ids of a subject's events, as they are in the topic. */
async function idsIn(subject: string): Promise<(string | undefined)[]> {
  const messages = await readTopic(kafka, topic);
  return messages.filter(({ key }) => String(key) === subject).map(({ headers }) => headers.ce_id);
}

/** The ids of a subject's events, in the order in which they were written. */
async function idsOf(subject: string): Promise<string[]> {
  const { rows } = await database.query<{ event_id: string }>(
    'SELECT event_id FROM outbox WHERE subject = $1 ORDER BY id',
    [subject],
  );
  return rows.map(({ event_id }) => event_id);
}

test('the ends of a new topic are noted, and nothing is published again', async () => {
  await place('o-1');
  await publishAll();
  expect(await check()).toBeUndefined();
  expect(await subjectsIn()).toEqual(['o-1']);
  const { rows } = await database.query<{ ends: string[] }>('SELECT ends FROM topic_ends');
  expect(rows.map(({ ends }) => ends.toSorted())).toEqual([['0', '0', '1']]);
});

test('a topic that was deleted and created again gets all events of the outbox again, each order in its order', async () => {
  const subjects = ['o-1', 'o-2', 'o-1', 'o-3', 'o-1'];
  for (const subject of subjects) await place(subject);
  await publishAll();
  await deleteTopic();
  await kafka.createTopics([topic], 3);
  await place('o-1');
  await publishAll();
  expect(await idsIn('o-1')).toEqual(await idsOf('o-1'));
  expect(new Set(await subjectsIn())).toEqual(new Set(subjects));
});

test('an event that is placed while its topic is missing waits, and is published after the earlier ones', async () => {
  await place('o-1');
  await publishAll();
  await deleteTopic();
  const stop = relay();
  await place('o-1');
  await sleep(1_500);
  expect(await countWaiting()).toBeGreaterThan(0);
  await kafka.createTopics([topic], 3);
  await untilPublished();
  await stop();
  expect(await idsIn('o-1')).toEqual(await idsOf('o-1'));
});

test('a topic that was missing gets its events again, even if no publishing failed and it is longer afterwards', async () => {
  await place('o-1');
  await publishAll();
  await deleteTopic();
  expect(await check()).toBe('missing');
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

test('a topic that was missing for days gets the events of the last two hours in which it was seen', async () => {
  for (const subject of ['o-1', 'o-2']) await place(subject);
  await publishAll();
  await database.query("UPDATE outbox SET published_at = now() - interval '49 hours' WHERE subject = 'o-1'");
  await database.query("UPDATE outbox SET published_at = now() - interval '51 hours' WHERE subject = 'o-2'");
  await database.query("UPDATE topic_ends SET seen_at = now() - interval '48 hours'");
  await deleteTopic();
  expect(await check()).toBe('missing');
  await kafka.createTopics([topic], 3);
  expect(await check()).toBe(1);
});

test('a topic that is missing does not make another one count as missing', async () => {
  await kafka.createTopics([otherTopic]);
  const other = await createBroker('orders', kafka, silentLog).connectTopic(otherTopic);
  expect(await other.readEnds()).toEqual([0n]);
  await deleteTopic();
  expect(await described.readEnds()).toBeUndefined();
  expect(await other.readEnds()).toEqual([0n]);
  await other.close();
});

test('the events of a topic that is missing do not hold back those of others, which are published once', async () => {
  await kafka.createTopics([otherTopic]);
  const placeOther = async (subject: string) => {
    await place(subject);
    await database.query('UPDATE outbox SET topic = $1 WHERE subject = $2', [otherTopic, subject]);
  };
  const inOther = async () => (await readTopic(kafka, otherTopic)).map(({ key }) => String(key));
  await place('o-1');
  await placeOther('p-1');
  await publishAll();
  await deleteTopic();
  const stop = relay();
  await place('o-2');
  for (const subject of ['p-2', 'p-3']) {
    await placeOther(subject);
    await eventually(async () => expect(await inOther()).toContain(subject), { timeoutMs: 15_000, intervalMs: 50 });
  }
  await sleep(3_000);
  expect((await inOther()).filter((subject) => subject === 'p-3')).toHaveLength(1);
  expect(await countWaiting()).toBe(1);
  await kafka.createTopics([topic], 3);
  await untilPublished();
  await stop();
  expect(new Set(await subjectsIn())).toEqual(new Set(['o-1', 'o-2']));
});

test('a topic that a broker does not know at first is not missing', async () => {
  await place('o-1');
  await publishAll();
  let looks = 0;
  const hesitant = { ...described, readEnds: async () => (looks++ === 0 ? undefined : described.readEnds()) };
  expect(await republishLost(database, hesitant, { log: silentLog })).toBeUndefined();
  expect(looks).toBe(2);
});

test('a topic that never existed is no loss', async () => {
  await deleteTopic();
  expect(await check()).toBe('missing');
  expect((await database.query('SELECT 1 FROM topic_ends')).rows).toEqual([]);
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

test.each([0, 1_500])(
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
    const leave = await createBroker(group, kafka, silentLog).consume([topic], options, () => undefined);
    for (let number = 0; number < 30; number++) await place(`before-${number}`);
    await publishAll();
    await eventually(async () => expect(handled).toHaveLength(30), { timeoutMs: 20_000 });
    await deleteTopic();
    await sleep(gapMs);
    await kafka.createTopics([topic], 3);
    for (let number = 0; number < 5; number++) await place(`after-${number}`);
    await publishAll(2_000);
    // The consumer has no inbox here, so it gets the first thirty a second time.
    await eventually(async () => expect(handled).toHaveLength(65), { timeoutMs: 30_000 });
    expect(new Set(handled).size).toBe(35);
    await leave();
  },
);
