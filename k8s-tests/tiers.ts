/**
 * The two tiers of tests. `make prove` runs everything; `make test` leaves these suites to it, because they take long. Each
 * stands here with what `make test` still has of its claim.
 */
export const longSuites: Readonly<Record<string, string>> = {
  'orders/storm.cluster.test.ts': 'the saga-crashes, relay and messaging unit tests, and storage.cluster.test.ts',
  'orders/replay.cluster.test.ts': "each consumer's inbox, in its unit tests",
  'messaging/messaging.cluster.test.ts': 'dead-letters.cluster.test.ts, outbox.cluster.test.ts',
  'mesh/mutation.cluster.test.ts': 'attempts.cluster.test.ts and live-config.cluster.test.ts, which are what turns red',
  'mesh/new-dependency.cluster.test.ts': 'docs/add-a-service.test.ts, without a cluster',
  'mesh/breakers.cluster.test.ts':
    'live-config.cluster.test.ts, which reads every number of every breaker in the proxies',
  'platform/native-cluster.cluster.test.ts': 'its unit tests; `make up` and `make down` themselves',
  'docs/kubectl-apply.cluster.test.ts': 'synthesize.test.ts; `make up` installs the same platform',
};
