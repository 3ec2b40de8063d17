import {
  type Acl,
  AclOperations,
  AclPermissionTypes,
  Admin,
  type ClusterMetadata,
  ConfigResourceTypes,
  findErrorBy,
  type ProtocolError,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import { Rejection } from '../conditions.ts';
import type { ActualTopic, TopicPlan } from './plan.ts';

/** Kafka's number for an option that is set on the topic itself. */
const TOPIC_CONFIG_SOURCE = 1;
/** Kafka's error code for a name that no topic can have. */
const INVALID_TOPIC = 17;
/** The library's error code for a topic that does not exist: it asks for existing topics only. */
const UNKNOWN_TOPIC = 'PLT_KFK_USER';

/** This program's operations on a running broker. */
export interface BrokerAdmin {
  /** The cluster's id, as the broker reports it. */
  clusterId(): Promise<string>;
  /** The topic as the broker has it; undefined if there is none of that name. */
  describe(topic: string): Promise<ActualTopic | undefined>;
  /** @throws Rejection `KafkaError` with the broker's own words if the broker rejects the change */
  apply(topic: string, plan: TopicPlan): Promise<void>;
  remove(topic: string): Promise<void>;
  /** All ACLs. The broker must have an authorizer. */
  acls(): Promise<readonly Acl[]>;
  addAcls(acls: readonly Acl[]): Promise<void>;
  removeAcls(acls: readonly Acl[]): Promise<void>;
}

/** Where a broker is, and how to connect to it. */
export interface BrokerAddress {
  /** host:port */
  readonly address: string;
  /** The broker's authority, and the client's certificate and key, as PEM. @default without TLS */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/**
 * Runs `work` with a connection to a broker, once the broker has answered. The library's own retries are off, because
 * the next pass is the retry.
 */
export async function withBroker<T>(
  { address, tls }: BrokerAddress,
  work: (admin: BrokerAdmin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({
    clientId: 'strimzi-standin',
    bootstrapBrokers: [address],
    ...(tls && { tls, tlsServerName: true }),
    connectTimeout: 3_000,
    requestTimeout: 5_000,
    retries: 0,
  });
  try {
    await admin.metadata({ topics: [], forceUpdate: true });
    return await work(brokerAdmin(admin));
  } finally {
    await admin.close();
  }
}

const brokerAdmin = (admin: Admin): BrokerAdmin => ({
  async clusterId() {
    return (await admin.metadata({ topics: [] })).id;
  },

  async describe(topic) {
    const metadata = await readTopic(admin, topic);
    if (metadata === undefined) return undefined;
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: null }],
    });
    const own = described?.configs.filter(({ configSource }) => configSource === TOPIC_CONFIG_SOURCE) ?? [];
    return {
      topicId: shortId(metadata.id),
      replicasByPartition: metadata.partitions.map(({ replicas }) => replicas.length),
      config: Object.fromEntries(own.map(({ name, value }) => [name, value ?? ''])),
    };
  },

  async apply(topic, plan) {
    try {
      if (plan.kind === 'create') {
        const { partitions, replicas } = plan;
        await admin.createTopics({ topics: [{ topic, partitions, replicas }], configs: entries(plan.config) });
      }
      if (plan.kind === 'change' && plan.partitions !== undefined) {
        await admin.createPartitions({ topics: [{ name: topic, count: plan.partitions, assignments: null }] });
      }
      if (plan.kind === 'change' && plan.config !== undefined) {
        await admin.alterConfigs({
          resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs: entries(plan.config) }],
        });
      }
    } catch (error) {
      throw rejectionOf(error) ?? error;
    }
  },

  async remove(topic) {
    await admin.deleteTopics({ topics: [topic] });
  },

  async acls() {
    const resources = await admin.describeAcls({ filter: anyAcl });
    return resources.flatMap(({ acls, resourceType, resourceName, resourcePatternType }) =>
      acls.map((acl) => ({ ...acl, resourceType, resourceName, resourcePatternType })),
    );
  },

  async addAcls(acls) {
    await admin.createAcls({ creations: [...acls] });
  },

  async removeAcls(acls) {
    await admin.deleteAcls({ filters: [...acls] });
  },
});

const anyAcl = {
  resourceType: ResourceTypes.ANY,
  resourceName: null,
  resourcePatternType: ResourcePatternTypes.ANY,
  principal: null,
  host: null,
  operation: AclOperations.ANY,
  permissionType: AclPermissionTypes.ANY,
} as const;

/** Reads a topic, never from the library's cache, because a pass reads each topic again after changing it. */
async function readTopic(admin: Admin, topic: string) {
  const read: Promise<ClusterMetadata | undefined> = admin.metadata({ topics: [topic], forceUpdate: true });
  const metadata = await read.catch((error: Error & { code?: string }) => {
    if (error.code === UNKNOWN_TOPIC || findErrorBy(error, 'apiCode', INVALID_TOPIC)) return undefined;
    throw error;
  });
  return metadata?.topics.get(topic);
}

const entries = (config: Readonly<Record<string, string>>) =>
  Object.entries(config).map(([name, value]) => ({ name, value }));

/** A UUID as Kafka's own tools print it: its 16 bytes in unpadded URL-safe base64, 22 characters. */
export const shortId = (uuid: string): string => Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');

/** The broker's rejection as a Rejection; undefined for errors that may pass, such as a lost connection. */
export function rejectionOf(error: unknown): Rejection | undefined {
  const cause = findErrorBy<ProtocolError>(error as Error, 'code', 'PLT_KFK_PROTOCOL');
  if (!cause || cause.canRetry) return undefined;
  const { apiId, serverErrorMessage, message } = cause;
  const exception = `org.apache.kafka.common.errors.${exceptionName(apiId)}`;
  return new Rejection('KafkaError', `${exception}: ${serverErrorMessage ?? message}`);
}

/** Kafka's class for one of its error codes: `INVALID_PARTITIONS` is an `InvalidPartitionsException`. */
function exceptionName(type: string): string {
  if (type === 'INVALID_CONFIG') return 'InvalidConfigurationException';
  const words = type.split('_').filter((word) => word !== 'EXCEPTION');
  return `${words.map((word) => `${word.charAt(0)}${word.slice(1).toLowerCase()}`).join('')}Exception`;
}
