/** Everything that differs between environments. */
export interface Environment {
  /** The one image of all our services. `GIVEN`: the environment has none of its own. */
  readonly image: string;
  /** Who answers as the topology's partners: our simulations in the cluster, or for each partner its own servers. */
  readonly partners: 'simulated' | Readonly<Record<string, PartnerServers>>;
  /** The Postgres of charts/postgres, or one outside of the cluster. Its host is in the Secrets `postgres-<role>`. */
  readonly postgres: 'in-cluster' | Servers;
  readonly replicas: Replicas;
  /** Pods of one service that may be evicted at once while nodes are drained. */
  readonly maxUnavailable: number;
  /** What pods of one service, and brokers, should not share while there is room. */
  readonly spread: readonly ('host' | 'zone')[];
  /** Whether the fault and request-count endpoints for tests exist. */
  readonly faults: 'on' | 'off';
  readonly tokens: Tokens;
  readonly edge: Edge;
  /** Share of traces that are kept. The gateway decides; all services behind it follow. */
  readonly samplingPercent: number;
  readonly service: Resources & {
    /** For services that are called in a critical interaction: where CPU is scarce, their larger share comes first. */
    readonly criticalCpuRequestMilli: number;
    /** Disk that a pod may use on its node: its logs, which the kubelet keeps below 50 Mi, and /tmp. */
    readonly storageMi: number;
  };
  readonly sidecar: Resources;
  readonly database: {
    /** Connections that each pod opens at most. */
    readonly poolSize: number;
    /** Of the Postgres that has all databases: `maxConnections` in charts/postgres/values.yaml. */
    readonly maxConnections: number;
    /** Of these, for superusers, and for connections that have not authenticated, which hold a slot until they do. */
    readonly reserved: number;
  };
  readonly kafka: {
    readonly brokers: number;
    readonly replication: number;
    readonly minInSync: number;
    readonly storageGi: number;
    readonly cpuRequestMilli: number;
    readonly heapMi: number;
    readonly memoryMi: number;
  };
  /** `skaffold dev` syncs edited files into the code's folder, and a change restarts the process in its pod. */
  readonly fileSync: boolean;
}

/** Servers outside of the cluster. NetworkPolicies know addresses, not names. */
export interface Servers {
  readonly port: number;
  /** CIDR blocks, IPv4 or IPv6: `203.0.113.7/32`. Pods can connect to no other address. */
  readonly addresses: readonly string[];
}

export interface PartnerServers extends Servers {
  /** The DNS name, which the partner's certificate must be for. */
  readonly host: string;
}

/** The `image` of an environment that `make synth ENV=… IMAGE=name@sha256:…` gives one. */
export const GIVEN = 'given';

/** The tokens (JWT) by which the gateway knows customers. A customer is a token's `sub`. */
export interface Tokens {
  /** The claim `iss`. */
  readonly issuer: string;
  /** What the claim `aud` must contain. */
  readonly audience: string;
  /**
   * Where the issuer publishes its public keys, as a JSON Web Key Set. `made-in-cluster`: `make up` makes a key, and
   * `make token` signs with it; never where FAULTS=off.
   */
  readonly jwksUri: string;
}

/** How strangers reach the gateway, and how much of it one of them may take. */
export interface Edge {
  /** The names under which it serves, and of its certificate. `*`: any; never where FAULTS=off. */
  readonly hosts: readonly string[];
  /** Plain HTTP beside TLS. `redirected`: only to be sent to TLS. `served`: like TLS; never where FAULTS=off. */
  readonly plainHttp: 'served' | 'redirected';
  /** All requests of one customer. */
  readonly perCustomer: RateLimit;
  /** Of these, the orders that one customer places. */
  readonly ordersPerCustomer: RateLimit;
  /** All requests of one address, of any customer. */
  readonly perAddress: RateLimit;
}

/** Of each pod of the gateway. Requests above it are answered 429. */
export interface RateLimit {
  readonly requestsPerSecond: number;
  /** Requests at once, after a pause. */
  readonly burst: number;
}

/** The `jwksUri` of an environment whose key the cluster's credentials contain. */
export const MADE_IN_CLUSTER = 'made-in-cluster';

/** Pods that a service may have beyond its replicas in a rollout: one that is ready before an old one terminates. */
export const SURGE_PODS = 1;

/** No container has a CPU limit: throttling would look like a slow dependency. */
export interface Resources {
  readonly cpuRequestMilli: number;
  readonly memoryRequestMi: number;
  readonly memoryLimitMi: number;
}

/** Pods of a service: of each, and of those that have a number of their own; and how much they get to do. */
export interface Replicas {
  readonly each: number;
  readonly of?: Readonly<Record<string, number>>;
  /** The most pods that the gateway has: in charts/istio. @default 1 */
  readonly gateway?: number;
  /** How many times the rates that topology.ts states. @default 1 */
  readonly load?: number;
}
