/** The range in which a number of the model makes sense. */
export interface Bound {
  readonly min: number;
  readonly max: number;
  /** Why no other one: it follows "must be a number from 1 to 100: ". */
  readonly why: string;
}

const from1To = (max: number, why: string): Bound => ({ min: 1, max, why });

const ofDescriptors =
  'each connection or request takes a file descriptor of the proxy, which often has 65,536 for all its pools';
const ofWaiting = 'nobody waits longer for one call, and until its end it holds connections, rows and keys';

const cpu = from1To(64_000, 'in thousandths of a CPU, of which few nodes have more than 64');
const memoryRequest: Bound = {
  min: 32,
  max: 65_536,
  why: 'Node and Envoy use more than 32 Mi even while they are idle',
};
const memoryLimit: Bound = { min: 128, max: 65_536, why: 'Node and Envoy are killed at their start with less' };

const ofClients = from1To(10_000, 'no client needs more, and one pod of the gateway serves no more');

/**
 * The numbers that the model may state, by their path in the source. Envoy accepts far larger ones, which then never
 * take effect or have no bound in practice.
 */
export const BOUNDS = {
  timeoutMs: from1To(30_000, ofWaiting),
  'retries.attempts': from1To(10, 'more multiply the load on a callee that is failing already'),
  'retries.perTryTimeoutMs': from1To(30_000, ofWaiting),
  'retries.backoffMs': from1To(3_000, "Envoy's pauses grow to ten times this base, and a call lasts at most 30 s"),
  'pool.connectTimeoutMs': {
    min: 50,
    max: 10_000,
    why: "a busy host needs a moment, and one that does not answer within Istio's default of 10 s is unreachable",
  },
  'pool.maxConnections': from1To(10_000, ofDescriptors),
  'pool.maxRequests': from1To(10_000, ofDescriptors),
  'pool.maxPendingRequests': from1To(10_000, ofDescriptors),
  'breaker.failures': from1To(100, 'more in a row are an outage that callers have noticed long before'),
  'breaker.percent': from1To(100, 'it is a percentage'),
  'breaker.minRequests': from1To(10_000, 'no endpoint gets more calls in one interval'),
  'breaker.intervalMs': {
    min: 100,
    max: 60_000,
    why: 'a shorter interval has too few calls to judge, and in a longer one a failing endpoint gets calls for minutes',
  },
  'breaker.ejectionMs': from1To(300_000, "Envoy's own limit; an endpoint that has recovered would stay without calls"),
  'breaker.maxEjectionPercent': from1To(100, 'it is a percentage'),
  'retryBudget.percent': from1To(100, 'it is a percentage'),
  'retryBudget.minConcurrency': from1To(100, 'so many retries in flight would ignore the percentage'),
  'decision.latencyBudgetMs': from1To(86_400_000, 'an answer or effect that may take over a day has no budget'),
  partitions: from1To(1_000, 'each one is files, memory and a replica on every broker'),
  retentionDays: from1To(365, 'brokers have a disk for weeks; keep what is needed for longer in a database'),
  segmentHours: from1To(168, "Kafka's default"),
  deduplicationDays: from1To(366, 'inboxes would grow for longer than any topic keeps its events'),
  recordRetentionDays: {
    min: 91,
    max: 4_000,
    why: 'the keys of calls are kept for 90 days, and no law asks for more than ten years',
  },
  replicas: from1To(1_000, 'every caller keeps connections to all of them'),
  maxUnavailable: from1To(100, 'with 0 no node can be drained, and more evictions at once are an outage'),
  'edge.perCustomer.requestsPerSecond': ofClients,
  'edge.perCustomer.burst': ofClients,
  'edge.ordersPerCustomer.requestsPerSecond': ofClients,
  'edge.ordersPerCustomer.burst': ofClients,
  'edge.perAddress.requestsPerSecond': ofClients,
  'edge.perAddress.burst': ofClients,
  'service.cpuRequestMilli': cpu,
  'service.criticalCpuRequestMilli': cpu,
  'service.memoryRequestMi': memoryRequest,
  'service.memoryLimitMi': memoryLimit,
  'service.storageMi': {
    min: 64,
    max: 10_240,
    why: 'the kubelet keeps up to 50 Mi of logs, and little else is written',
  },
  'sidecar.cpuRequestMilli': cpu,
  'sidecar.memoryRequestMi': memoryRequest,
  'sidecar.memoryLimitMi': memoryLimit,
  'kafka.brokers': from1To(100, 'each has a disk and connections to all others'),
  'kafka.replication': from1To(100, 'each copy is on a broker of its own'),
  'kafka.minInSync': from1To(100, 'each copy is on a broker of its own'),
  'kafka.storageGi': from1To(16_384, 'a broker needs a disk, and copying a larger one to a new broker takes days'),
  'kafka.cpuRequestMilli': cpu,
  'kafka.heapMi': {
    min: 256,
    max: 65_536,
    why: 'a broker does not start with less, and leaves more to the page cache',
  },
  'kafka.memoryMi': { min: 512, max: 262_144, why: 'a broker does not start with less, and few nodes have more' },
} as const satisfies Record<string, Bound>;

/** Those of numbers that may have fractions. */
export const FRACTION_BOUNDS = {
  'decision.availabilityPercent': { min: 90, max: 100, why: 'more than three days a month without it are no target' },
  worstCaseCalls: from1To(243, 'five hops of three attempts each, and no service has room for more'),
  sustainedCalls: from1To(5, 'no service has room for more while an outage lasts'),
  samplingPercent: { min: 0, max: 100, why: 'it is a percentage' },
} as const satisfies Record<string, Bound>;
