import type { Kafka, KafkaSpec, NodePool, NodePoolSpec, Topic, TopicSpec } from './resources.ts';

/** Valid resources for unit tests. A test overrides the fields that it is about. */
export const aKafka = (kafka: Partial<KafkaSpec['kafka']> = {}): Kafka => ({
  apiVersion: 'kafka.strimzi.io/v1',
  kind: 'Kafka',
  metadata: { name: 'events', namespace: 'shop', uid: 'uid-1', generation: 2 },
  spec: { kafka: { listeners: [{ name: 'plain', port: 9092, type: 'internal', tls: false }], ...kafka } },
});

export const aPool = (spec: Partial<NodePoolSpec> = {}): NodePool => ({
  apiVersion: 'kafka.strimzi.io/v1',
  kind: 'KafkaNodePool',
  metadata: {
    name: 'dual',
    namespace: 'shop',
    uid: 'uid-2',
    generation: 1,
    labels: { 'strimzi.io/cluster': 'events' },
  },
  spec: {
    replicas: 1,
    roles: ['controller', 'broker'],
    storage: { type: 'persistent-claim', size: '2Gi', class: 'standard' },
    ...spec,
  },
});

export const aTopic = (name: string, spec: TopicSpec = {}, metadata: Partial<Topic['metadata']> = {}): Topic => ({
  apiVersion: 'kafka.strimzi.io/v1',
  kind: 'KafkaTopic',
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, generation: 1, ...metadata },
  spec,
});
