import type { V1ListMeta, V1ObjectMeta } from '@kubernetes/client-node';

/** The part of Strimzi's API that this program reads and writes. The CRDs validate resources before it reads them. */
export const STRIMZI_API = { group: 'kafka.strimzi.io', version: 'v1' } as const;

/** One entry of `.status.conditions`. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The fields that every status has. */
export interface Status {
  conditions?: readonly Condition[];
  observedGeneration?: number;
}

export interface Resource<Spec, S extends Status> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: V1ObjectMeta & { name: string; namespace: string; uid: string };
  readonly spec: Spec;
  readonly status?: S;
}

export interface ResourceList<R> {
  readonly metadata: V1ListMeta;
  readonly items: readonly R[];
}

/** Kafka's own options. YAML may have parsed their values as numbers or booleans. */
export type KafkaConfig = Readonly<Record<string, string | number | boolean>>;

export interface Listener {
  readonly name: string;
  readonly port: number;
  readonly type: string;
  readonly tls: boolean;
  readonly authentication?: { readonly type: string };
}

/** Strimzi's settings of one of its two authorities. */
interface AuthoritySpec {
  readonly validityDays?: number;
  readonly renewalDays?: number;
  readonly generateCertificateAuthority?: boolean;
  readonly certificateExpirationPolicy?: string;
}

interface PodMetadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KafkaSpec {
  readonly kafka: {
    readonly version?: string;
    readonly metadataVersion?: string;
    readonly listeners: readonly Listener[];
    readonly config?: KafkaConfig;
    readonly authorization?: { readonly type: string; readonly superUsers?: readonly string[] };
    readonly metricsConfig?: {
      readonly type: string;
      readonly valueFrom?: { readonly configMapKeyRef?: { readonly name?: string; readonly key?: string } };
    };
    readonly template?: { readonly pod?: { readonly metadata?: PodMetadata } };
  };
  readonly clusterCa?: AuthoritySpec;
  readonly clientsCa?: AuthoritySpec;
  readonly entityOperator?: { readonly userOperator?: object };
}

export interface ListenerStatus {
  readonly name: string;
  readonly bootstrapServers: string;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly certificates?: readonly string[];
}

export interface KafkaStatus extends Status {
  clusterId?: string;
  clusterSecurity?: unknown;
  kafkaVersion?: string;
  kafkaMetadataVersion?: string;
  kafkaNodePools?: readonly { readonly name: string }[];
  operatorLastSuccessfulVersion?: string;
  listeners?: readonly ListenerStatus[];
}

export interface Storage {
  readonly type: 'ephemeral' | 'persistent-claim' | 'jbod';
  readonly size?: string;
  readonly class?: string;
  readonly deleteClaim?: boolean;
  readonly volumes?: readonly Storage[];
}

export interface NodePoolSpec {
  readonly replicas: number;
  readonly roles: readonly string[];
  readonly storage: Storage;
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
  readonly jvmOptions?: { readonly '-Xmx'?: string; readonly '-Xms'?: string };
  readonly template?: { readonly pod?: { readonly metadata?: PodMetadata } };
}

export interface NodePoolStatus extends Status {
  clusterId?: string;
  nodeIds?: readonly number[];
  replicas?: number;
  roles?: readonly string[];
  labelSelector?: string;
}

export interface TopicSpec {
  readonly topicName?: string;
  readonly partitions?: number;
  readonly replicas?: number;
  readonly config?: KafkaConfig;
}

export interface TopicStatus extends Status {
  topicName?: string;
  topicId?: string;
}

/** One entry of a KafkaUser's ACLs: some operations on one resource, or on all whose names begin with `name`. */
export interface AclRule {
  /** @default allow */
  readonly type?: 'allow' | 'deny';
  readonly resource: {
    readonly type: 'topic' | 'group' | 'cluster' | 'transactionalId';
    readonly name?: string;
    /** @default literal */
    readonly patternType?: 'literal' | 'prefix';
  };
  /** @default '*' */
  readonly host?: string;
  readonly operations: readonly string[];
}

export interface UserSpec {
  readonly authentication?: { readonly type: string };
  readonly authorization?: { readonly type: string; readonly acls: readonly AclRule[] };
  readonly quotas?: object;
  readonly template?: object;
}

export interface UserStatus extends Status {
  username?: string;
  secret?: string;
}

export type Kafka = Resource<KafkaSpec, KafkaStatus>;
export type NodePool = Resource<NodePoolSpec, NodePoolStatus>;
export type Topic = Resource<TopicSpec, TopicStatus>;
export type User = Resource<UserSpec, UserStatus>;

/** The Secrets of a Kafka cluster by name. */
export type Secrets = ReadonlyMap<string, StoredSecret>;

/** A Secret, with its values as text. */
export interface StoredSecret {
  readonly annotations: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
}

/** The Kafka that a pool, topic or user belongs to. Without this label Strimzi ignores the resource. */
export const clusterOf = (resource: NodePool | Topic | User): string | undefined =>
  resource.metadata.labels?.['strimzi.io/cluster'];
