/**
 * Cluster suites that `make test` leaves to `make prove`, which runs everything, each with what `make test` still has of its claim.
 * `make test` is what any change should meet, in 20 minutes.
 */
export const longSuites: Readonly<Record<string, string>> = {
  'storm.test.ts': 'the saga-crashes, relay and messaging unit tests, and storage.test.ts',
  'replay.test.ts': "each consumer's inbox, in its unit tests",
  'messaging.test.ts': 'messaging-dlq.test.ts, outbox.test.ts',
  'mutation.test.ts': 'attempts.test.ts and live-config.test.ts, which are what turns red',
  'new-edge.test.ts': 'add-a-service.test.ts, without a cluster',
  'breakers.test.ts': 'live-config.test.ts, which reads every number of every breaker in the proxies',
  'native-cluster.test.ts': 'its unit tests; `make up` and `make down` themselves',
  'kubectl-apply.test.ts': 'synthesize.test.ts; `make up` installs the same platform',
};
