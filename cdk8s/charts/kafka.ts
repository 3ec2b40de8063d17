import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import {
  Kafka,
  KafkaNodePool,
  type KafkaSpecKafkaListenersNetworkPolicyPeers,
  type KafkaSpecKafkaTemplatePodTopologySpreadConstraints,
  KafkaTopic,
  KafkaUser,
  KafkaNodePoolSpecResourcesLimits as Limit,
  KafkaNodePoolSpecResourcesRequests as Request,
} from '../imports/kafka.strimzi.io.ts';
import type { Environment } from '../model/environment.ts';
import { usesKafka } from '../model/interactions.ts';
import type { Topic, Topology } from '../model/topology.ts';
import { metricsRules } from './kafka-metrics.ts';
import { kafkaUsers, type NamedUser } from './kafka-users.ts';
import { toPeer } from './network-policies.ts';
import { BROKERS, COMMANDS, KAFKA, NODE_LABELS } from './platform.ts';

/** The ConfigMap with the rules of the brokers' JMX exporter. */
const METRICS_RULES = { name: 'kafka-metrics', key: 'rules.yaml' } as const;
const VERSION = '4.3.1';
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Brokers speak their own protocol and their own TLS: a sidecar would only be in the way. */
const withoutSidecar = { metadata: { labels: { 'sidecar.istio.io/inject': 'false' } } } as const;

/** The Kafka cluster, its nodes, topics and users, as Strimzi reads them. */
export class KafkaChart extends Chart {
  private readonly kafka: Environment['kafka'];
  private readonly spread: Environment['spread'];

  constructor(scope: Construct, id: string, topology: Topology, { kafka, spread }: Environment) {
    super(scope, id, { namespace: KAFKA.namespace });
    this.kafka = kafka;
    this.spread = spread;
    // First, because the operator refuses a Kafka whose rules are missing.
    new k8s.KubeConfigMap(this, 'metrics', {
      metadata: { name: METRICS_RULES.name },
      data: { [METRICS_RULES.key]: stringify(metricsRules) },
    });
    this.addPool();
    this.addCluster(topology);
    for (const [name, topic] of Object.entries(topology.topics)) this.addTopic(name, topic);
    for (const user of kafkaUsers(topology)) this.addUser(user);
  }

  private addPool(): void {
    const { brokers, storageGi, cpuRequestMilli, heapMi, memoryMi } = this.kafka;
    new KafkaNodePool(this, 'pool', {
      metadata: { name: KAFKA.pool, labels: ofCluster },
      spec: {
        replicas: brokers,
        roles: ['controller', 'broker'],
        storage: { type: 'persistent-claim', size: `${storageGi}Gi`, class: 'standard', deleteClaim: false },
        jvmOptions: { xms: `${heapMi}m`, xmx: `${heapMi}m` },
        resources: {
          requests: { memory: Request.fromString(`${memoryMi}Mi`), cpu: Request.fromString(`${cpuRequestMilli}m`) },
          limits: { memory: Limit.fromString(`${memoryMi}Mi`) },
        },
      },
    });
  }

  private addCluster(topology: Topology): void {
    const { replication, minInSync } = this.kafka;
    new Kafka(this, 'cluster', {
      metadata: { name: KAFKA.cluster },
      spec: {
        kafka: {
          version: VERSION,
          listeners: [
            {
              ...{ name: 'tls', port: KAFKA.port, type: 'internal', tls: true },
              authentication: { type: 'tls' },
              networkPolicyPeers: clientsOf(topology),
            },
          ],
          // Who has no ACL for something cannot do it.
          authorization: { type: 'simple' },
          metricsConfig: {
            type: 'jmxPrometheusExporter',
            valueFrom: { configMapKeyRef: { name: METRICS_RULES.name, key: METRICS_RULES.key } },
          },
          config: {
            'auto.create.topics.enable': false,
            'default.replication.factor': replication,
            'min.insync.replicas': minInSync,
            'offsets.topic.replication.factor': replication,
            'transaction.state.log.replication.factor': replication,
            'transaction.state.log.min.isr': minInSync,
            // Groups of one to three members: the default wait of 3 s for more would only delay each start.
            'group.initial.rebalance.delay.ms': 0,
          },
          template: { pod: { ...withoutSidecar, topologySpreadConstraints: this.apart() } },
        },
        entityOperator: { topicOperator: {}, userOperator: {}, template: { pod: withoutSidecar } },
      },
    });
  }

  /** Replicas on one host would be lost together. A preference, so that a small cluster can still start. */
  private apart(): KafkaSpecKafkaTemplatePodTopologySpreadConstraints[] {
    return this.spread.map((place) => ({
      topologyKey: NODE_LABELS[place],
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: BROKERS.labels },
    }));
  }

  /** Strimzi writes its certificate into the Secret of its name. */
  private addUser({ name, acls }: NamedUser): void {
    new KafkaUser(this, `user-${name}`, {
      metadata: { name, labels: ofCluster },
      spec: {
        authentication: { type: 'tls' },
        authorization: {
          type: 'simple',
          acls: acls.map(({ resource, operations }) => ({ resource, operations: [...operations] })),
        },
      },
    });
  }

  private addTopic(name: string, { partitions, retentionDays, segmentHours }: Topic): void {
    const { replication, minInSync } = this.kafka;
    new KafkaTopic(this, `topic-${name}`, {
      metadata: { name, labels: ofCluster },
      spec: {
        partitions,
        replicas: replication,
        config: {
          'min.insync.replicas': minInSync,
          'retention.ms': retentionDays * DAY_MS,
          'segment.ms': segmentHours * HOUR_MS,
        },
      },
    });
  }
}

/** The pods that may connect: those of services that use Kafka, and of operators' commands. */
function clientsOf(topology: Topology): KafkaSpecKafkaListenersNetworkPolicyPeers[] {
  const services = Object.entries(topology.services).filter(([name]) => usesKafka(name, topology));
  return [
    ...services.map(([name, { namespace }]) => toPeer({ namespace, labels: { app: name } })),
    { podSelector: COMMANDS },
  ];
}

const ofCluster = { 'strimzi.io/cluster': KAFKA.cluster } as const;
