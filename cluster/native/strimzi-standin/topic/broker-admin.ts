import kafkajs, { type Admin, type KafkaJSError } from 'kafkajs';
import { Rejection } from '../conditions.ts';
import { fetchMetadata } from './fetch-metadata.ts';
import type { ActualTopic, TopicPlan } from './plan.ts';

// kafkajs is CommonJS, and Node does not see all of its names.
const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;

/** Kafka's number for "set on the topic itself". */
const TOPIC_CONFIG_SOURCE = 1;

/** What this program does with a running broker. */
export interface BrokerAdmin {
  /** The cluster's id, as the broker says it. */
  clusterId(): Promise<string>;
  describe(topic: string): Promise<ActualTopic | undefined>;
  /** @throws Rejection `KafkaError` for what the broker refuses. */
  apply(topic: string, plan: TopicPlan): Promise<void>;
  remove(topic: string): Promise<void>;
}

/** Runs `work` with a connection to a broker. kafkajs's own retries are off: the next pass is the retry. */
export async function withBroker<T>(broker: string, work: (admin: BrokerAdmin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({
    clientId: 'strimzi-standin',
    brokers: [broker],
    connectionTimeout: 3_000,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(brokerAdmin(broker, admin));
  } finally {
    await admin.disconnect();
  }
}

const brokerAdmin = (broker: string, admin: Admin): BrokerAdmin => ({
  async clusterId() {
    return (await admin.describeCluster()).clusterId;
  },

  async describe(topic) {
    const metadata = await fetchMetadata(broker, topic);
    if (metadata === undefined) return undefined;
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
    });
    const own = resources[0]?.configEntries.filter(({ configSource }) => configSource === TOPIC_CONFIG_SOURCE) ?? [];
    return { ...metadata, config: Object.fromEntries(own.map((entry) => [entry.configName, entry.configValue])) };
  },

  async apply(topic, plan) {
    try {
      if (plan.kind === 'create') {
        await admin.createTopics({
          topics: [
            {
              topic,
              numPartitions: plan.partitions,
              replicationFactor: plan.replicas,
              configEntries: entries(plan.config),
            },
          ],
        });
      }
      if (plan.kind === 'change' && plan.partitions !== undefined) {
        await admin.createPartitions({ topicPartitions: [{ topic, count: plan.partitions }] });
      }
      if (plan.kind === 'change' && plan.config !== undefined) {
        await admin.alterConfigs({
          validateOnly: false,
          resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: entries(plan.config) }],
        });
      }
    } catch (error) {
      throw refusal(error, plan) ?? error;
    }
  },

  async remove(topic) {
    await admin.deleteTopics({ topics: [topic] });
  },
});

const entries = (config: Readonly<Record<string, string>>) =>
  Object.entries(config).map(([name, value]) => ({ name, value }));

/** The broker's own "no" as a Rejection; undefined for a lost connection and the like, which the next pass may cure. */
function refusal(error: unknown, plan: TopicPlan): Rejection | undefined {
  const [cause = error] = (error as { errors?: readonly unknown[] }).errors ?? [];
  const { type, retriable, message } = cause as KafkaJSError & { type?: string };
  if (type === undefined || retriable) return undefined;
  const config = plan.kind === 'nothing' || plan.config === undefined ? '' : `; config: ${JSON.stringify(plan.config)}`;
  return new Rejection('KafkaError', `org.apache.kafka.common.errors.${exceptionName(type)}: ${message}${config}`);
}

/** Kafka's class for one of its error codes: `INVALID_PARTITIONS` is an `InvalidPartitionsException`. */
function exceptionName(type: string): string {
  if (type === 'INVALID_CONFIG') return 'InvalidConfigurationException';
  const words = type.split('_').filter((word) => word !== 'EXCEPTION');
  return `${words.map((word) => `${word.charAt(0)}${word.slice(1).toLowerCase()}`).join('')}Exception`;
}
