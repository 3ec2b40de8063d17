/**
 * The two tiers of tests. `make prove` runs everything. `make test` leaves out these suites, because they take long.
 * Each suite is listed with the short form that `make test` has of its claim.
 */
export const longSuites: Readonly<Record<string, string>> = {
  'orders/storm.cluster.test.ts': 'fault-injection.cluster.test.ts: three faults instead of eight',
  'orders/replay.cluster.test.ts':
    "the inbox of each consumer in its unit tests; 'npm run rebuild' in stats.cluster.test.ts",
  'messaging/messaging.cluster.test.ts': 'dead-letters.cluster.test.ts, outbox.cluster.test.ts',
  'mesh/mutation.cluster.test.ts': 'attempts.cluster.test.ts and live-config.cluster.test.ts, which a mutant fails',
  'mesh/new-dependency.cluster.test.ts': 'docs/add-a-service.test.ts, without a cluster',
  'mesh/breakers.cluster.test.ts':
    'one-breaker.cluster.test.ts; live-config.cluster.test.ts compares every number of every breaker with the proxies',
  'platform/native-cluster.cluster.test.ts': 'its unit tests; `make up` and `make down` themselves',
  'docs/kubectl-apply.cluster.test.ts': 'synthesize.test.ts; `make up` installs the same platform',
};
