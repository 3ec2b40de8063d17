import type { Decision } from './decision.ts';
import type { Servers } from './environment.ts';
import type { Slo } from './slo.ts';

/** The types of topology.ts: services, topics, and which service calls which. What must be decided has no default. */

/** The gateway in front of everything. It calls services, but is not one of our workloads. */
export const GATEWAY = 'gateway';

interface Workload {
  readonly namespace: string;
  /** What the image runs. @default the service's name */
  readonly program?: string;
  /** The folder below services/ that the program's code is in. @default the program's name */
  readonly code?: string;
  /** Database and role, and with them the secret `postgres-<database>`. */
  readonly database: string;
  /**
   * What its database keeps that needs a setting: `payment-tokens` are encrypted with the keys of the Secret
   * `payment-token-keys`; `records` of orders are deleted after `recordRetentionDays`. @default nothing
   */
  readonly keeps?: readonly ('payment-tokens' | 'records')[];
  readonly why: string;
}

/** Part of the mesh: its sidecar speaks mTLS for it. */
interface OwnService extends Workload {
  /** Ports that others call. `http` is 8080, `grpc` is 50051; a service with neither has no Kubernetes Service. */
  readonly serves: 'http' | 'grpc' | 'nothing';
  readonly external?: never;
}

/** A partner's: no sidecar, and TLS on 8443 only, with the certificate in the Secret `<name>-tls`. */
export interface PartnerService extends Workload {
  readonly serves: 'https';
  readonly external: Partner;
}

/** What the mesh knows of a partner. Callers speak plain HTTP to the host; their sidecars make TLS of it. */
export interface Partner {
  /** The name that callers use, and that the partner's certificate must be for. */
  readonly host: string;
  /**
   * ConfigMap in the callers' namespace whose key `ca.crt` has the one authority that this host's certificate may be
   * from.
   */
  readonly ca: string;
  /** Where the partner itself answers. Default: our simulation does, in the cluster. */
  readonly servers?: Servers;
}

export type Service = OwnService | PartnerService;

/** A topic, as it is in every environment; its replication is the environment's. */
export interface Topic {
  readonly partitions: number;
  /** How long a record is kept at least, and so how far back a consumer can be rebuilt. */
  readonly retentionDays: number;
  /**
   * When a segment is closed. Kafka deletes whole segments, by the age of their newest record, so a record is kept for
   * up to the retention and this.
   */
  readonly segmentHours: number;
}

/** Roles of customers: values of the claim `roles` in a token. `support` may read every order. */
export const ROLES = ['support', 'analyst'] as const;

/** Who may call a route of the gateway: `customer` is anyone with a valid token, a role a customer who has it. */
export type Access = 'anyone' | 'customer' | (typeof ROLES)[number];

export interface Rpc {
  /** gRPC: the full method, `/package.Service/Method`. HTTP: a path as the service writes it; `{id}` is one segment. */
  readonly path: string;
  /** HTTP only; a gRPC call is always a POST. */
  readonly method?: 'GET' | 'POST';
  /** Calls that the callee makes before it answers, one after the other, as `callee.Rpc`. */
  readonly calls: readonly string[];
  /**
   * Calls per second that are expected at the peak, of all pods of the caller together and without retries; in an
   * environment, times its `load`. Breakers, pools and retry budgets must fit it.
   */
  readonly ratePerSecond: number;
  /** Of the gateway's routes: what customers may expect. Other calls have none. */
  readonly slo?: Slo;
  /** Of the gateway's routes: who may call it. Other calls have none. */
  readonly access?: Access;
  readonly why: string;
}

/** Someone waits for the answer. */
export interface SyncInteraction {
  readonly style: 'sync';
  readonly caller: string;
  readonly callee: string;
  readonly decision: Decision;
  readonly rpcs: Readonly<Record<string, Rpc>>;
}

/** No caller waits: the producer's work is done once the event is stored. */
export interface AsyncInteraction {
  readonly style: 'async';
  readonly producer: string;
  readonly topic: string;
  /** Empty for a topic that only people who investigate an order read, until it gets a consumer. */
  readonly consumers: readonly string[];
  readonly decision: Decision;
  readonly why: string;
}

export interface Topology {
  readonly services: Readonly<Record<string, Service>>;
  readonly topics: Readonly<Record<string, Topic>>;
  /**
   * How long inboxes and outboxes remember an event: longer than its topic keeps it, or an event that is delivered again
   * takes effect again.
   */
  readonly deduplicationDays: number;
  /** How long an order is kept after its end. What fulfillment and inventory keep about it goes 30 days later. */
  readonly recordRetentionDays: number;
  readonly interactions: readonly (SyncInteraction | AsyncInteraction)[];
}

/** Topics that exist in some environment, with what cannot change there. */
export type ReleasedTopics = Readonly<Record<string, Pick<Topic, 'partitions'>>>;
