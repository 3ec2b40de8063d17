import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  Kafka,
  KafkaNodePool,
  type KafkaSpecKafkaTemplatePodTopologySpreadConstraints,
  KafkaTopic,
  KafkaNodePoolSpecResourcesLimits as Limit,
  KafkaNodePoolSpecResourcesRequests as Request,
} from '../imports/kafka.strimzi.io.ts';
import type { Environment } from '../model/environment.ts';
import type { Topic, Topology } from '../model/topology.ts';
import { BROKERS, KAFKA, NODE_LABELS } from './platform.ts';

const VERSION = '4.3.1';
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Brokers speak their own protocol and, later, their own TLS: a sidecar would only be in the way. */
const withoutSidecar = { metadata: { labels: { 'sidecar.istio.io/inject': 'false' } } } as const;

/** The Kafka cluster, its nodes and its topics, as Strimzi reads them. */
export class KafkaChart extends Chart {
  private readonly kafka: Environment['kafka'];
  private readonly spread: Environment['spread'];

  constructor(scope: Construct, id: string, topology: Topology, { kafka, spread }: Environment) {
    super(scope, id, { namespace: KAFKA.namespace });
    this.kafka = kafka;
    this.spread = spread;
    this.addPool();
    this.addCluster();
    for (const [name, topic] of Object.entries(topology.topics)) this.addTopic(name, topic);
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

  private addCluster(): void {
    const { replication, minInSync } = this.kafka;
    new Kafka(this, 'cluster', {
      metadata: { name: KAFKA.cluster },
      spec: {
        kafka: {
          version: VERSION,
          listeners: [{ name: 'plain', port: KAFKA.port, type: 'internal', tls: false }],
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
        entityOperator: { topicOperator: {}, template: { pod: withoutSidecar } },
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

const ofCluster = { 'strimzi.io/cluster': KAFKA.cluster } as const;
