import { afterAll, afterEach, beforeAll } from 'vitest';
import { topology } from '../../cdk8s/topology.ts';
import { Jaeger } from '../../cluster/trace/jaeger.ts';
import { Admin } from './admin.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { namespaceOf, type ServiceName, services } from './names.ts';
import { RouteEdits } from './route-edits.ts';

/** The tools of a cluster test. */
export interface TestCluster {
  readonly cluster: Cluster;
  readonly jaeger: Jaeger;
  readonly routes: RouteEdits;
  /** The admin ports of a service. */
  readonly admin: (service: ServiceName) => Admin;
}

/**
 * Opens the cluster for a test file. Before the first test and after each one, even a failed one, it waits until all
 * pods of the services are ready, and resets them (catalogue, faults, request counts). After each test it restores
 * edited routes, too.
 */
export function useCluster(): TestCluster {
  const cluster = openCluster();
  const routes = new RouteEdits(cluster);
  const admin = (service: ServiceName): Admin => new Admin(cluster, { namespace: namespaceOf(service), name: service });
  const resetAll = async () => {
    // Orders first, because a saga that continues would add requests to the counts of the next test.
    const first = services.filter((service) => topology.services[service].database === 'orders');
    const others = services.filter((service) => !first.includes(service));
    for (const group of [first, others]) await Promise.all(group.map((service) => admin(service).reset()));
  };
  // Both in one attempt, because a pod whose database was just replaced may be ready until its next probe.
  const settleAndReset = () =>
    eventually(
      async () => {
        await expectSettled(cluster);
        await resetAll();
      },
      { timeoutMs: 90_000 },
    );

  beforeAll(settleAndReset);
  afterEach(async () => {
    const outcomes = await Promise.allSettled([routes.restore(), settleAndReset()]);
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.join('\n'));
  });
  afterAll(() => cluster.close());

  return { cluster, jaeger: new Jaeger(cluster.jaegerUrl), routes, admin };
}

/** Throws while pods are replaced, scaled or restarted after the previous test. */
async function expectSettled(cluster: Cluster): Promise<void> {
  const found = await Promise.all([
    ...[...Map.groupBy(services, namespaceOf)].map(([namespace, names]) => cluster.unsettled(namespace, names)),
    cluster.unreadyPods('postgres', ''),
    cluster.unreadyPods('shop', 'strimzi.io/cluster=events'),
  ]);
  if (found.flat().length > 0) throw new Error(`the system is not settled: ${found.flat().join(', ')}`);
}
