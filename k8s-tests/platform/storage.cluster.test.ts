import { expect, it } from 'vitest';
import { check, hasStatus } from '../harness/check.ts';
import { eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import { openKafka } from '../harness/kafka-client.ts';
import { readBounds } from '../harness/kafka-topics.ts';
import { kubectl } from '../harness/kubectl.ts';
import type { PodRef } from '../harness/names.ts';
import { getOrder, orderRequest, readPlaced } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();
const brokerLabels = 'strimzi.io/cluster=events,strimzi.io/kind=Kafka,strimzi.io/broker-role=true';

const placeOrder = async () => readPlaced(check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201))).orderId;

const bothEmails = ['order.placed', 'order.fulfilled'];
const readEmailKinds = async (orderId: string) =>
  (await admin('notifications').emails(orderId)).map(({ kind }) => kind);

/** Deletes the pod and waits until another one with the same labels is ready. */
async function replacePod({ namespace, name }: PodRef, labelSelector: string): Promise<void> {
  const uidOf = async (pod: string) => (await cluster.core.readNamespacedPod({ namespace, name: pod })).metadata?.uid;
  const before = await uidOf(name);
  await kubectl('-n', namespace, 'delete', 'pod', name);
  await eventually(
    async () => {
      const pod = await cluster.onlyPod(namespace, labelSelector);
      expect(await uidOf(pod.name)).not.toBe(before);
    },
    { timeoutMs: 120_000, intervalMs: 500 },
  );
}

it('an order outlives the pod of Postgres', async () => {
  const orderId = await placeOrder();
  await replacePod(await cluster.onlyPod('postgres', ''), '');
  await eventually(async () => check(await getOrder(cluster.ingressUrl, orderId), hasStatus(200)));
  await eventually(placeOrder);
}, 240_000);

it('topics and events outlive the pod of the broker', async () => {
  const sentBefore = await placeOrder();
  await eventually(async () => expect(await readEmailKinds(sentBefore)).toEqual(bothEmails));
  const topicsBefore = await readEndOffsets();
  expect(topicsBefore['orders.v1'], 'events of orders').toBeGreaterThan(0);

  await replacePod(await cluster.onlyPod('shop', brokerLabels), brokerLabels);
  await kubectl('-n', 'shop', 'wait', 'kafka/events', '--for=condition=Ready', '--timeout=60s');
  await kubectl('-n', 'shop', 'wait', 'kafkatopic', '--all', '--for=condition=Ready', '--timeout=60s');

  const topicsAfter = await eventually(readEndOffsets, { timeoutMs: 60_000 });
  for (const [topic, offset] of Object.entries(topicsBefore)) {
    expect(topicsAfter[topic], `events in ${topic}`).toBeGreaterThanOrEqual(offset);
  }

  const sentAfter = await placeOrder();
  await eventually(async () => expect(await readEmailKinds(sentAfter)).toEqual(bothEmails), {
    timeoutMs: 60_000,
  });
  expect(await readEmailKinds(sentBefore), 'nothing was delivered again').toEqual(bothEmails);
}, 300_000);

/** The number of events ever written to each topic. */
async function readEndOffsets(): Promise<Record<string, number>> {
  const { end } = await readBounds(await openKafka(cluster));
  return Object.fromEntries(
    Object.entries(end).map(([topic, partitions]) => [
      topic,
      partitions.reduce((sum, { offset }) => sum + Number(offset), 0),
    ]),
  );
}
