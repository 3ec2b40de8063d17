import type { Admin as KafkaAdmin } from 'kafkajs';
import { apply } from '../../../cluster/kubernetes/kubectl.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { eventually } from '../../harness/eventually.ts';
import { openKafka, withAdmin } from '../../harness/kafka-client.ts';
import { kubectl, scaleDeployment } from '../../harness/kubectl.ts';
import { type DependencyState, endTimes } from './state.ts';

/** The broker compresses what it stores in a way that no producer of ours uses. What it stored so stays. */
function compressed(codec: string): DependencyState {
  const patch = (value: string | null) =>
    kubectl(
      ...['-n', 'shop', 'patch', 'kafkatopic', 'orders.v1', '--type', 'merge', '-p'],
      JSON.stringify({ spec: { config: { 'compression.type': value } } }),
    );
  return {
    kind: 'state',
    name: `broker compresses with ${codec}`,
    family: 'state',
    dependency: 'broker',
    async begin() {
      await patch(codec);
      return async () => void (await patch(null));
    },
  };
}

interface TopicManifest {
  readonly metadata: { readonly name: string; readonly labels?: object };
  readonly spec: object;
}

async function createTopic({ metadata: { name, labels }, spec }: TopicManifest): Promise<void> {
  const metadata = { name, namespace: 'shop', labels };
  const manifest = { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic', metadata, spec };
  await apply(JSON.stringify(manifest), `creating topic ${name}`);
  await kubectl('-n', 'shop', 'wait', `kafkatopic/${name}`, '--for=condition=Ready', '--timeout=30s');
}

/** Somebody deletes a topic with all of its records, and creates it again: at once, or at the end. */
function deleted(topic: string, isCreated: 'at the end' | 'at once'): DependencyState {
  let manifest: TopicManifest | undefined;
  return {
    kind: 'state',
    name: `broker has topic ${topic} deleted and created again ${isCreated}`,
    family: 'state',
    dependency: 'broker',
    async begin() {
      const found = await kubectl('-n', 'shop', 'get', 'kafkatopic', topic, '--ignore-not-found', '-o', 'json');
      if (found !== '') manifest = JSON.parse(found) as TopicManifest;
      if (manifest === undefined) throw new Error(`there is no topic ${topic}`);
      const stated = manifest;
      await kubectl('-n', 'shop', 'delete', 'kafkatopic', topic, '--ignore-not-found', '--timeout=30s');
      if (isCreated === 'at once') await createTopic(stated);
      return () => eventually(() => createTopic(stated), endTimes);
    },
  };
}

/** The broker's positions of a consumer group change while the consumer does not run. */
function positions(
  group: string,
  what: string,
  change: (admin: KafkaAdmin, group: string) => Promise<void>,
): DependencyState {
  const deployment = { namespace: 'shop', name: group };
  let pods = 0;
  return {
    kind: 'state',
    name: `broker ${what} ${group}`,
    family: 'state',
    dependency: 'broker',
    stops: group,
    async begin(cluster: Cluster) {
      const { spec } = await cluster.apps.readNamespacedDeployment(deployment);
      pods ||= spec?.replicas ?? 1;
      await scaleDeployment(cluster, deployment, 0);
      const kafka = await openKafka(cluster);
      // The group is empty when the broker has heard from the member that left, or misses its heartbeats.
      const end = () => scaleDeployment(cluster, deployment, pods);
      await eventually(() => withAdmin(kafka, (admin) => change(admin, group)), endTimes).catch(
        async (error: unknown) => {
          await end();
          throw error;
        },
      );
      return end;
    },
  };
}

const consumed = 'orders.v1';

async function setBeyondTheEnd(admin: KafkaAdmin, groupId: string): Promise<void> {
  const ends = await admin.fetchTopicOffsets(consumed);
  const partitions = ends.map(({ partition, high }) => ({ partition, offset: String(BigInt(high) + 1_000_000n) }));
  await admin.setOffsets({ groupId, topic: consumed, partitions });
}

async function forget(admin: KafkaAdmin, groupId: string): Promise<void> {
  await admin.deleteGroups([groupId]);
}

export const brokerStates: readonly DependencyState[] = [
  compressed('zstd'),
  compressed('lz4'),
  deleted('orders.v1', 'at the end'),
  deleted('orders.v1', 'at once'),
  deleted('fulfillment.v1', 'at the end'),
  positions('fulfillment', 'has offsets out of range for', setBeyondTheEnd),
  positions('notifications', 'has forgotten the offsets of', forget),
];
