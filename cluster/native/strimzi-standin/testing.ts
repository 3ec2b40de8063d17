import type { Kafka, KafkaSpec, NodePool, NodePoolSpec, Topic, TopicSpec, User, UserSpec } from './resources.ts';

/** Valid resources for unit tests. A test overrides the fields that it is about. */
export const aKafka = (kafka: Partial<KafkaSpec['kafka']> = {}, spec: Partial<KafkaSpec> = {}): Kafka => ({
  apiVersion: 'kafka.strimzi.io/v1',
  kind: 'Kafka',
  metadata: { name: 'events', namespace: 'shop', uid: 'uid-1', generation: 2 },
  spec: { kafka: { listeners: [{ name: 'plain', port: 9092, type: 'internal', tls: false }], ...kafka }, ...spec },
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

export const aUser = (name: string, spec: UserSpec = {}, metadata: Partial<User['metadata']> = {}): User => ({
  apiVersion: 'kafka.strimzi.io/v1',
  kind: 'KafkaUser',
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, generation: 1, ...metadata },
  spec: { authentication: { type: 'tls' }, ...spec },
});

/** A listener that only clients with a certificate can use. */
export const mutualTls = {
  ...{ name: 'tls', port: 9093, type: 'internal', tls: true },
  authentication: { type: 'tls' },
} as const;
