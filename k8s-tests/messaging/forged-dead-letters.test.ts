import { afterAll, beforeAll, expect, test } from 'vitest';
import { asyncInteractions } from '../../cdk8s/model/interactions.ts';
import { topology } from '../../cdk8s/topology.ts';
import { consumersOf, relayOf } from '../../services/contracts/topics.ts';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { readTopic } from '../../services/lib/messaging/read-topic.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { type DlqCommand, runDlq } from '../../services/operations/run-dlq.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';

let kafka: LocalKafka;

beforeAll(async () => {
  kafka = await startLocalKafka();
  await kafka.createTopics(['orders.v1', 'payments.v1', 'orders-worker.dlq', 'notifications.dlq', 'analytics.dlq']);
  const publisher = await createBroker('notifications', kafka, silentLog).connectPublisher();
  const headers = {
    'dl-cause': 'oversize',
    'dl-original-topic': 'orders.v1',
    'dl-original-partition': 'outbox',
    'dl-original-offset': '1',
    'dl-at': new Date().toISOString(),
  };
  const event = { key: 'o-1', value: Buffer.from('ship this'), headers };
  await publisher.publish([
    { ...event, topic: 'notifications.dlq' },
    { ...event, topic: 'orders-worker.dlq' },
    ...['payments.v1', 'constructor', 'orders\u001b[2J', 'orders.v1'].map((original) => ({
      ...event,
      topic: 'analytics.dlq',
      headers: { ...headers, 'dl-original-topic': original, 'dl-original-partition': '0' },
    })),
  ]);
  await publisher.close();
});
afterAll(() => kafka?.stop());

async function run(command: DlqCommand): Promise<readonly string[]> {
  const closed: string[] = [];
  await runDlq(command, kafka, { onListed() {}, onShown() {}, onClosed: ({ id }) => closed.push(id) });
  return closed;
}

test('a message that its group claims to have failed to send is redriven only if that group publishes to the topic', async () => {
  await expect(run({ kind: 'redrive', ids: ['notifications/0'] })).rejects.toThrow(
    'notifications/0 is forged: notifications publishes nothing to orders.v1. It can only be dropped.',
  );
  expect(await readTopic(kafka, 'orders.v1')).toEqual([]);
  expect(await run({ kind: 'redrive', ids: ['orders-worker/0'] })).toEqual(['orders-worker/0']);
  expect(await readTopic(kafka, 'orders.v1')).toHaveLength(1);
  expect(await run({ kind: 'drop', ids: ['notifications/0'] })).toEqual(['notifications/0']);
});

test('a message that its group has read is redriven only if the group consumes the topic, and for the group only', async () => {
  const redriven = (await readTopic(kafka, 'orders.v1')).length;
  for (const [id, topic] of [
    ['analytics/0', 'payments.v1'],
    ['analytics/1', 'constructor'],
    ['analytics/2', 'orders\\u001b[2J'],
  ] as const) {
    await expect(run({ kind: 'redrive', ids: [id] })).rejects.toThrow(
      `${id} cannot be redriven: analytics consumes nothing from ${topic}. It can only be dropped.`,
    );
  }
  expect(await readTopic(kafka, 'payments.v1')).toEqual([]);
  expect(await run({ kind: 'redrive', ids: ['analytics/3'] })).toEqual(['analytics/3']);
  const sent = (await readTopic(kafka, 'orders.v1')).slice(redriven);
  expect(sent.map(({ headers }) => headers)).toEqual([{ 'dl-redrive-for': 'analytics' }]);
  expect(await run({ kind: 'drop', ids: ['analytics/0'] })).toEqual(['analytics/0']);
});

test('the outbox of a topic is that of its producer in the topology', () => {
  const events = asyncInteractions(topology);
  expect(events.length).toBeGreaterThan(0);
  for (const { topic, producer } of events) expect(relayOf(topic)).toBe(producer);
});

test('the consumers of a topic are those of the topology', () => {
  for (const [topic, ofTopic] of Map.groupBy(asyncInteractions(topology), ({ topic }) => topic)) {
    expect(consumersOf(topic).toSorted()).toEqual(ofTopic.flatMap(({ consumers }) => consumers).toSorted());
  }
});
