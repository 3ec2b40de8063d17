import { join } from 'node:path';
import { execa } from 'execa';
import { Partitioners } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTopic } from '../../services/lib/messaging/read-topic.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { type Database, openDatabase } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { startPostgres, type TestPostgres } from '../../services/lib/testing/databases.ts';
import { eventually } from '../harness/eventually.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';
import { migrations, readEffects, startConsumer } from './effects.ts';
import { eventOf, type SentMessage } from './load.ts';

const topic = 'orders.v1';
let kafka: LocalKafka;
let postgres: TestPostgres;
let database: Database;
let leave: () => Promise<void>;

beforeAll(async () => {
  [kafka, postgres] = await Promise.all([startLocalKafka(), startPostgres()]);
  database = openDatabase(postgres.url, silentLog);
  await migrate(database, migrations);
  await kafka.createTopics([topic, 'notifications.dlq', 'fulfillment.dlq']);
  leave = await startConsumer({ kafka, group: 'notifications', topic, database, log: silentLog });
});
afterAll(async () => {
  await leave?.();
  await database?.close();
  await kafka?.stop();
  await postgres?.stop();
});

/** Runs the program as it runs in a pod. */
function dlq(...args: string[]) {
  const program = join(import.meta.dirname, '../../services/operations/dlq.ts');
  const env = { KAFKA_BROKERS: kafka.brokers.join() };
  return execa(process.execPath, [program, ...args], { env, reject: false });
}

async function send(...messages: SentMessage[]): Promise<void> {
  const producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages });
  await producer.disconnect();
}

async function countDeadLetters(count: number): Promise<void> {
  await eventually(async () => expect(await readTopic(kafka, 'notifications.dlq')).toHaveLength(count));
}

it('lists, shows, redrives and drops dead-letter messages, and leaves no consumer group behind', async () => {
  expect((await dlq('list')).stdout).toBe('No dead-letter messages.');
  await send({ ...eventOf('order-1', 1), value: 'order!\u001b[2J' }, eventOf('order-2', 1, 'throws'), {
    ...eventOf('order-3', 1),
    value: null,
  });
  await countDeadLetters(3);
  const { stdout } = await dlq('list', 'notifications');
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 6))).toEqual([
    ['ID', 'ORIGINAL', 'CAUSE', 'AGE', 'ORDER', 'ATTEMPTS'],
    ['notifications/0', 'orders.v1/0/0', 'bad-data', expect.stringMatching(/^\d+ s$/), 'order-1', '1'],
    ['notifications/1', 'orders.v1/0/1', 'attempts-exhausted', expect.stringMatching(/^\d+ s$/), 'order-2', '4'],
    ['notifications/2', 'orders.v1/0/2', 'tombstone', expect.stringMatching(/^\d+ s$/), 'order-3', '0'],
  ]);
  expect((await dlq('show', 'notifications/0')).stdout).toContain('value: order!\\u001b[2J');

  expect(await dlq('drop', 'notifications/0')).toMatchObject({ exitCode: 0, stdout: 'notifications/0 dropped' });
  expect(await dlq('drop', 'notifications/0')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('no open'),
  });
  expect(await dlq('redrive', '--cause', 'attempts-exhausted')).toMatchObject({ stdout: 'notifications/1 redriven' });
  // Two records close the first two messages. The redriven message fails again, at its new offset.
  await countDeadLetters(6);
  const open = (await dlq('list')).stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3));
  expect(open.slice(1)).toEqual([
    ['notifications/2', 'orders.v1/0/2', 'tombstone'],
    [expect.stringMatching(/^notifications\/[45]$/), 'orders.v1/0/3', 'attempts-exhausted'],
  ]);
  const admin = kafka.client.admin();
  await admin.connect();
  const { groups } = await admin.listGroups();
  await admin.disconnect();
  expect(groups.map(({ groupId }) => groupId)).toEqual(['notifications']);
});

it('applies a redriven message once, in its target group only', async () => {
  const others = openDatabase(await postgres.createDatabase('other'), silentLog);
  await migrate(others, migrations);
  const ordersOf = async (db: Database, group: string) => (await readEffects(db, group)).map(({ key }) => key);
  const outside = await startConsumer({
    kafka,
    group: 'fulfillment',
    topic,
    database: others,
    log: silentLog,
  });
  await send(eventOf('order-9', 1, 'throws-until-mended'));
  for (const group of ['notifications', 'fulfillment']) {
    await eventually(async () => expect((await dlq('list', group)).stdout).toContain('order-9'));
  }
  for (const db of [database, others]) await db.query('INSERT INTO mended VALUES (now())');
  const { stdout } = await dlq('list', 'notifications');
  const id =
    stdout
      .split('\n')
      .find((line) => line.includes('order-9'))
      ?.split(' ')[0] ?? '';
  expect((await dlq('redrive', id)).exitCode).toBe(0);
  await send(eventOf('order-10', 1));
  await eventually(async () => expect(await ordersOf(database, 'notifications')).toEqual(['order-9', 'order-10']));
  await eventually(async () => expect(await ordersOf(others, 'fulfillment')).toEqual(['order-10']));
  await outside();
  await others.close();
});

it('says what is wrong with a command', async () => {
  const wrong = [
    [],
    ['eat'],
    ['show'],
    ['redrive'],
    ['redrive', 'analytics/1', '--all'],
    ['list', '--all'],
    ['--what'],
  ];
  for (const args of wrong) expect(await dlq(...args)).toMatchObject({ exitCode: 2 });
  expect(await dlq('--help')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Usage: npm run dlq') });
  expect(await dlq('list', 'nobody')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Known groups') });
});
