/** A suite that only `make prove` runs. Paths are those of the repository. */
export interface LongSuite {
  /** Why `make test` does not run it. The seconds are those of 2026-11-26 on two cores. */
  readonly reason: string;
  /** The tests of `make test` for the same claim. */
  readonly shortForms: readonly string[];
}

/**
 * The two tiers of tests: `make prove` runs everything, and `make test` leaves out these suites. Every other suite is
 * in both tiers, because it is short enough for every change.
 */
export const longSuites: Readonly<Record<string, LongSuite>> = {
  'k8s-tests/orders/storm.cluster.test.ts': {
    reason: 'two minutes of faults and a minute until quiescence; the short form has three faults in 45 s',
    shortForms: ['k8s-tests/orders/fault-injection.cluster.test.ts'],
  },
  'k8s-tests/orders/replay.cluster.test.ts': {
    reason: 'stops and starts all consumers three times; the short forms deliver events again to each of them',
    shortForms: [
      'k8s-tests/orders/stats.cluster.test.ts',
      'k8s-tests/orders/run-sagas.test.ts',
      'services/fulfillment/fulfillment.test.ts',
      'services/notifications/notifications.test.ts',
      'services/analytics/analytics.test.ts',
      'services/lib/messaging/inbox.test.ts',
    ],
  },
  'k8s-tests/messaging/messaging.cluster.test.ts': {
    reason: '108 s, most of them for volume; the short form has the same tests with fewer messages',
    shortForms: ['k8s-tests/messaging/consumers.cluster.test.ts'],
  },
  'k8s-tests/messaging/kafka-renewal.cluster.test.ts': {
    reason: 'seven minutes until the kubelet has brought two certificates into the pods and one of them has expired',
    shortForms: [
      'k8s-tests/messaging/secure-broker.test.ts',
      'cluster/native/strimzi-standin/certificates/secrets.test.ts',
      'k8s-tests/messaging/kafka-identity.cluster.test.ts',
    ],
  },
  'k8s-tests/mesh/breakers.cluster.test.ts': {
    reason: 'every breaker, with one pod and with two, some over a minute each; the short form has one of them',
    shortForms: ['k8s-tests/mesh/saga-breaker.cluster.test.ts', 'k8s-tests/mesh/live-config.cluster.test.ts'],
  },
  'k8s-tests/mesh/mutation.cluster.test.ts': {
    reason: 'ten deployments, each followed by a run of live-config, which is the test that a mutant must fail',
    shortForms: ['k8s-tests/mesh/live-config.cluster.test.ts', 'k8s-tests/mutation/mutants.test.ts'],
  },
  'k8s-tests/mesh/new-dependency.cluster.test.ts': {
    reason: 'builds and deploys a further service; the short form makes the same edits and synthesizes them',
    shortForms: ['k8s-tests/docs/add-a-service.test.ts'],
  },
  'k8s-tests/platform/rollouts.cluster.test.ts': {
    reason: 'restarts ten deployments and the gateway, 8 s each; the short form restarts two of them',
    shortForms: ['k8s-tests/platform/rollout.cluster.test.ts'],
  },
  'k8s-tests/data/customer.cluster.test.ts': {
    reason: 'each command starts up to six pods; the short forms ask the same programs on real databases',
    shortForms: [
      'services/orders/operations/customer-data.test.ts',
      'k8s-tests/orders/customer-data.test.ts',
      'cluster/operations/customer.test.ts',
    ],
  },
  'k8s-tests/platform/native-cluster.cluster.test.ts': {
    reason: '129 s for a second cluster; `make test` itself starts and removes one',
    shortForms: [
      'cluster/native/process.test.ts',
      'cluster/native/addresses.test.ts',
      'cluster/native/prerequisites.test.ts',
    ],
  },
  'k8s-tests/orders/dependency-states.cluster.test.ts': {
    reason:
      '28 states in eleven rounds of 15 s, each followed by the time until quiescence; the short form has one of them',
    shortForms: ['k8s-tests/orders/fault-injection.cluster.test.ts'],
  },
  'k8s-tests/docs/tour.cluster.test.ts': {
    reason:
      'a minute and a half for the whole tour; the short forms place its order and try the policies that it edits',
    shortForms: [
      'k8s-tests/docs/readme.cluster.test.ts',
      'k8s-tests/docs/known-commands.test.ts',
      'k8s-tests/mesh/attempts.cluster.test.ts',
    ],
  },
  'k8s-tests/docs/openapi.cluster.test.ts': {
    reason:
      'thousands of requests that schemathesis makes of the document; the short form makes its own without a cluster',
    shortForms: ['services/orders/api/requests.property.test.ts', 'services/orders/openapi/openapi-replay.test.ts'],
  },
  'k8s-tests/platform/shared-cluster.cluster.test.ts': {
    reason: 'about six minutes for a further cluster, which others run; the short forms decide and adapt without one',
    shortForms: [
      'cluster/shared/survey.mocked.test.ts',
      'cluster/shared/decide.test.ts',
      'cluster/shared/adapt-manifests.test.ts',
    ],
  },
  'k8s-tests/docs/kubectl-apply.cluster.test.ts': {
    reason: '121 s for another cluster; the short forms check the manifests and apply the same ones',
    shortForms: ['cdk8s/commands/synthesize.test.ts', 'k8s-tests/platform/manifests.cluster.test.ts'],
  },
  'k8s-tests/platform/restore.cluster.test.ts': {
    reason: 'a second cluster, which is brought up in two steps; the short form backs up and restores without one',
    shortForms: ['cluster/backup/backup.test.ts'],
  },
  'k8s-tests/mesh/aborts.cluster.test.ts': {
    reason: '20,000 requests at 100 per second take 200 s, and 5,000 without retries 50 s',
    shortForms: ['k8s-tests/mesh/retry-storm.cluster.test.ts', 'k8s-tests/mesh/attempts.cluster.test.ts'],
  },
  'k8s-tests/mesh/slow-leaf.cluster.test.ts': {
    reason: 'a leaf is slow for a minute, with budgets and without, and each time two minutes of load',
    shortForms: ['k8s-tests/mesh/retry-storm.cluster.test.ts', 'k8s-tests/mesh/chain/goodput.test.ts'],
  },
  'k8s-tests/orders/partner-outage.cluster.test.ts': {
    reason: 'half a minute of an outage, and up to a minute until all orders have ended',
    shortForms: ['k8s-tests/orders/fault-injection.cluster.test.ts', 'k8s-tests/orders/pending.cluster.test.ts'],
  },
  'k8s-tests/platform/postgres-rotation.cluster.test.ts': {
    reason: 'gives fourteen roles new passwords, each when all of its pods have it, which takes half a minute',
    shortForms: [
      'cluster/credentials/rotate-passwords.test.ts',
      'k8s-tests/platform/postgres/clients.test.ts',
      'k8s-tests/platform/postgres-identity.cluster.test.ts',
    ],
  },
  'k8s-tests/platform/alerts-fire.cluster.test.ts': {
    reason: 'up to a minute until Prometheus has scraped and evaluated; the short forms see that it can',
    shortForms: ['k8s-tests/platform/prometheus.cluster.test.ts', 'k8s-tests/platform/monitoring.cluster.test.ts'],
  },
  'k8s-tests/platform/file-sync.cluster.test.ts': {
    reason: 'a minute for seven edits of live code; the short forms read what the pods are told',
    shortForms: ['k8s-tests/platform/skaffold.test.ts', 'cdk8s/charts/live-code.test.ts'],
  },
  'k8s-tests/identity/policies-removed.cluster.test.ts': {
    reason: 'removes each of eleven policies in turn and asks the matrix twice; the short form asks it once',
    shortForms: ['k8s-tests/identity/services.cluster.test.ts'],
  },
  'k8s-tests/docs/attacks.cluster.test.ts': {
    reason: 'half a minute of commands as a stranger types them; the short forms ask more, from one program each',
    shortForms: [
      'k8s-tests/identity/services.cluster.test.ts',
      'k8s-tests/mesh/customers.cluster.test.ts',
      'k8s-tests/messaging/kafka-identity.cluster.test.ts',
      'k8s-tests/platform/postgres-identity.cluster.test.ts',
      'k8s-tests/platform/host-path.cluster.test.ts',
    ],
  },
  'k8s-tests/mesh/bad-edits.cluster.test.ts': {
    reason: 'three minutes for twenty restarts of istiod and two hundred edits',
    shortForms: [
      'k8s-tests/mesh/random-models.cluster.test.ts',
      'k8s-tests/mesh/bad-edits/excuses.test.ts',
      'k8s-tests/orders/fault-injection.cluster.test.ts',
    ],
  },
};
