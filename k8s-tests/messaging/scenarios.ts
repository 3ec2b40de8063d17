import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Partitioners, type Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDeadLetters } from '../../services/lib/messaging/dead-letter-queue.ts';
import { readTopic } from '../../services/lib/messaging/read-topic.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { type Database, openDatabase } from '../../services/lib/postgres/database.ts';
import { migrate } from '../../services/lib/postgres/migrate.ts';
import { startPostgres, type TestPostgres } from '../../services/lib/testing/databases.ts';
import { eventually } from '../harness/eventually.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';
import { findEffectErrors, migrations, readEffects, startConsumer, summarize } from './effects.ts';
import { eventOf, poisons, publishSteadily } from './load.ts';

let kafka: LocalKafka;
let postgres: TestPostgres;
let database: Database;
let producer: Producer;

beforeAll(async () => {
  [kafka, postgres] = await Promise.all([startLocalKafka(), startPostgres()]);
  database = openDatabase(postgres.url, silentLog);
  await migrate(database, migrations);
  producer = kafka.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
});
afterAll(async () => {
  await producer?.disconnect();
  await database?.close();
  await kafka?.stop();
  await postgres?.stop();
});

/** Creates the topics of a test: each test has its own group, a topic of the same name and a dead-letter topic. */
async function createTopics(group: string, partitions = 3) {
  await kafka.createTopics([group], partitions);
  await kafka.createTopics([`${group}.dlq`]);
  return { kafka, group, topic: group, database, log: silentLog };
}

/** Starts a consumer in a separate process, which can receive signals. */
async function spawnConsumer(group: string) {
  const program = join(import.meta.dirname, 'consumer.ts');
  const args = [program, kafka.brokers.join(), postgres.url, group, group];
  const child = execa(process.execPath, args, { reject: false, stderr: 'ignore', buffer: false });
  await once(child.stdout, 'data');
  return {
    signal: (name: NodeJS.Signals) => child.kill(name),
    async end() {
      child.kill('SIGKILL');
      await child;
    },
  };
}

async function countEffects(group: string): Promise<number> {
  const { rows } = await database.query<{ count: string }>('SELECT count(*) FROM effects WHERE test = $1', [group]);
  return Number(rows[0]?.count);
}

/** Waits for that many effects, however slow the machine is. Fails only if half a minute passes without a new one. */
async function untilHandled(group: string, count: number): Promise<void> {
  for (let handled = 0; handled < count; ) {
    const before = handled;
    handled = await eventually(async () => {
      const now = await countEffects(group);
      if (now < count) expect(now, `of ${count} effects`).toBeGreaterThan(before);
      return now;
    });
  }
}

/** How much a run of these tests does. */
export interface Scale {
  /** Messages of which every twentieth is poison; a multiple of 100. */
  readonly messages: number;
  readonly joins: number;
  /** Messages of which a killed member handles some. */
  readonly killedAmong: number;
  /** Messages at 50 per second, during which a member is frozen after three seconds. */
  readonly frozenAmong: number;
}

/** The tests of consumers on a real broker and a real Postgres of their own. */
export function describeMessaging({ messages, joins, killedAmong, frozenAmong }: Scale): void {
  it(`dead-letters ${messages / 20} poison messages among ${messages} once each, and delays no other by over 5 s`, async () => {
    const options = await createTopics('poisoned');
    const leave = await startConsumer(options);
    const healthy: string[] = [];
    const expected = new Map<string, string>();
    let count = 0;
    const next = () => {
      if (count === messages) return undefined;
      const number = count++;
      const [cause, poison] = poisons[Math.floor(number / 20) % poisons.length] ?? [];
      if (number % 20 === 7 && poison && cause) {
        const key = `poison-${number}`;
        expected.set(key, cause);
        return poison(key);
      }
      const message = eventOf(`order-${number % 200}`, number);
      healthy.push(message.headers.ce_id ?? '');
      return message;
    };
    await publishSteadily(producer, { topic: options.topic, ratePerSecond: 250, next });
    await untilHandled(options.group, messages - messages / 20);
    const effects = await readEffects(database, options.group);
    const records = await eventually(async () => {
      const all = await readTopic(kafka, `${options.group}.dlq`);
      expect(all.length).toBeGreaterThanOrEqual(messages / 20);
      return all;
    });
    await leave();

    const causes = records.map(({ key, headers }) => [key?.toString(), headers['dl-cause']]);
    const violations = findEffectErrors(healthy, effects);
    const delayed = effects.filter(({ delayMs }) => delayMs > 5_000);
    console.log(summarize('poison: effects', healthy.length, violations.length + delayed.length));
    console.log(summarize('poison: dead-letter messages', expected.size, Math.abs(records.length - expected.size)));
    console.log(`poison: longest delay ${Math.max(...effects.map(({ delayMs }) => delayMs))} ms`);
    expect(violations).toEqual([]);
    expect(delayed).toEqual([]);
    expect(causes.sort()).toEqual([...expected].sort());
    expect(expected.size).toBe(messages / 20);
    expect(await readDeadLetters(kafka, options.group)).toHaveLength(messages / 20);
  });

  it(`loses, duplicates and reorders nothing while ${joins} consumers join and leave`, async () => {
    const options = await createTopics('joined', 6);
    const members = [await startConsumer(options)];
    const sent: string[] = [];
    let isOver = false;
    const publishing = publishSteadily(producer, {
      topic: options.topic,
      ratePerSecond: 300,
      next: () => {
        if (isOver) return undefined;
        const message = eventOf(`order-${sent.length % 100}`, sent.length);
        sent.push(message.headers.ce_id ?? '');
        return message;
      },
    });
    for (let round = 0; round < joins; round++) {
      members.push(await startConsumer(options));
      await sleep(300);
      await members.shift()?.();
    }
    isOver = true;
    await publishing;
    await untilHandled(options.group, sent.length);
    await Promise.all(members.map((leave) => leave()));

    const violations = findEffectErrors(sent, await readEffects(database, options.group));
    console.log(summarize(`${joins} joins and leaves: effects`, sent.length, violations.length));
    expect(violations).toEqual([]);
  });

  it('applies each event once if a member is killed before it commits its offsets', async () => {
    const { topic, group } = await createTopics('killed', 2);
    const sentToKilled = Array.from({ length: killedAmong }, (_, number) => eventOf(`order-${number % 10}`, number));
    await producer.send({ topic, messages: sentToKilled });
    const first = await spawnConsumer(group);
    await eventually(async () => expect(await countEffects(group)).toBeGreaterThan(50), { intervalMs: 10 });
    await first.end();
    expect(await countEffects(group), 'it was killed in the middle').toBeLessThan(killedAmong);
    const second = await spawnConsumer(group);
    try {
      await untilHandled(group, killedAmong);
      // Offsets are in order, so an event that is handled twice has had both effects by now.
      const sent = sentToKilled.map(({ headers }) => headers.ce_id ?? '');
      const violations = findEffectErrors(sent, await readEffects(database, group));
      console.log(summarize('killed member: effects', sent.length, violations.length));
      expect(violations).toEqual([]);
    } finally {
      await second.end();
    }
  });

  it('applies each event once and in order if a member is frozen past its session, in a transaction', async () => {
    const { topic, group } = await createTopics('frozen', 2);
    const [first, second] = await Promise.all([spawnConsumer(group), spawnConsumer(group)]);
    try {
      const sent: string[] = [];
      const publishing = publishSteadily(producer, {
        topic,
        ratePerSecond: 50,
        next: () => {
          if (sent.length === frozenAmong) return undefined;
          const number = sent.length;
          // One event of each key holds its transaction open for a second, so that the signal interrupts one.
          const message = eventOf(`order-${number % 10}`, number, number >= 90 && number < 100 ? 'slow' : 'healthy');
          sent.push(message.headers.ce_id ?? '');
          return message;
        },
      });
      await sleep(3_000);
      first.signal('SIGSTOP');
      await publishing;
      // The other member takes over and handles all events while this one is still frozen.
      await untilHandled(group, sent.length);
      first.signal('SIGCONT');
      await sleep(3_000);
      const violations = findEffectErrors(sent, await readEffects(database, group));
      console.log(summarize('frozen member: effects', sent.length, violations.length));
      expect(violations).toEqual([]);
    } finally {
      await Promise.all([first.end(), second.end()]);
    }
  });

  it('continues with the other partitions during an outage of one, and with that one afterwards', async () => {
    const options = await createTopics('blocked', 3);
    const leave = await startConsumer(options);
    const send = async (partition: number, number: number) => {
      const message = eventOf(`order-${partition}`, number, partition === 0 ? 'meets-outage' : 'healthy');
      await producer.send({ topic: options.topic, messages: [{ ...message, partition }] });
      return message.headers.ce_id ?? '';
    };
    const sent: string[] = [];
    for (let number = 0; number < 60; number++) {
      for (const partition of [0, 1, 2]) sent.push(await send(partition, number));
      await sleep(100);
    }
    await eventually(async () => expect(await countEffects(options.group)).toBe(120), { timeoutMs: 2_000 });
    const others = await readEffects(database, options.group);
    await database.query('INSERT INTO mended VALUES (now())');
    await eventually(async () => expect(await countEffects(options.group)).toBe(180));
    await leave();

    const violations = findEffectErrors(sent, await readEffects(database, options.group));
    const longestMs = Math.max(...others.map(({ delayMs }) => delayMs));
    console.log(summarize('an outage of one partition: effects', sent.length, violations.length));
    console.log(`an outage of one partition: longest delay of the others ${longestMs} ms`);
    expect(violations).toEqual([]);
    expect(longestMs).toBeLessThan(1_500);
    expect(await readDeadLetters(kafka, options.group)).toEqual([]);
  });
}
