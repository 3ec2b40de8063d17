import { randomUUID } from 'node:crypto';
import { CompressionTypes } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { orderPlaced } from '../../services/contracts/events.ts';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { readDeadLetters } from '../../services/lib/messaging/dead-letter-queue.ts';
import { done } from '../../services/lib/messaging/handle-message.ts';
import { readTopic } from '../../services/lib/messaging/read-topic.ts';
import { replayTopic } from '../../services/lib/messaging/replay.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { eventually } from '../harness/eventually.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';

let kafka: LocalKafka;
beforeAll(async () => {
  kafka = await startLocalKafka();
});
afterAll(() => kafka?.stop());

const eventOf = (subject: string) => ({
  key: subject,
  value: JSON.stringify({ orderId: subject }),
  headers: {
    ce_specversion: '1.0',
    ce_id: randomUUID(),
    ce_source: orderPlaced.source,
    ce_type: orderPlaced.type,
    ce_subject: subject,
    ce_time: new Date().toISOString(),
  },
});

async function send(topic: string, messages: readonly object[], compression: CompressionTypes): Promise<void> {
  const producer = kafka.client.producer();
  await producer.connect();
  await producer.send({ topic, messages: messages as never, compression });
  await producer.disconnect();
}

/** Creates a topic for which the broker, a Java program, compresses all batches again. */
async function createCompressed(topic: string, type: string): Promise<void> {
  const admin = kafka.client.admin();
  await admin.connect();
  const configEntries = [{ name: 'compression.type', value: type }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] });
  await admin.disconnect();
}

const types = [
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
] as const;

test.each(types)('batches that a client or the broker compresses with %s are read', async (name, type) => {
  await createCompressed(`broker.${name}`, name);
  await createCompressed(`client.${name}`, 'producer');
  const subjects = Array.from({ length: 300 }, (_, number) => `o-${number}`);
  for (const topic of [`broker.${name}`, `client.${name}`]) {
    await send(topic, subjects.map(eventOf), topic.startsWith('broker') ? CompressionTypes.None : type);
    expect((await readTopic(kafka, topic)).map(({ key }) => String(key))).toEqual(subjects);
  }
});

test('a batch that cannot be read is dead-lettered by its position, and the events around it are handled', async () => {
  await kafka.createTopics(['orders.v1', 'notifications.dlq']);
  await send('orders.v1', [eventOf('o-1'), eventOf('o-2')], CompressionTypes.None);
  const zeros = Buffer.alloc(900_000);
  const bomb = Array.from({ length: 20 }, () => ({ key: 'bomb', value: zeros }));
  await send('orders.v1', bomb, CompressionTypes.ZSTD);
  await send('orders.v1', [eventOf('o-3')], CompressionTypes.ZSTD);

  const handled: string[] = [];
  const handle = async ({ subject }: { subject: string }) => {
    handled.push(subject);
    return done;
  };
  const broker = createBroker('notifications', kafka, silentLog);
  const publisher = await broker.connectPublisher();
  const crashes: Error[] = [];
  const handlers = [{ event: orderPlaced, handle }];
  const options = { group: 'notifications', handlers, publisher, log: silentLog };
  const leave = await broker.consume(['orders.v1'], options, (error) => crashes.push(error));
  await eventually(async () => expect(handled).toContain('o-3'));
  await leave();
  await publisher.close();
  expect([handled, crashes]).toEqual([['o-1', 'o-2', 'o-3'], []]);
  expect(await readDeadLetters(kafka, 'notifications')).toMatchObject([
    { cause: 'unreadable-batch', originalPosition: 'orders.v1/0/2-21' },
  ]);

  const replay = { kafka, group: 'rebuild', handlers, events: [], log: silentLog, onProgress: () => undefined };
  expect(await replayTopic('orders.v1', replay)).toEqual({ messages: 23, rejected: 1 });
});
