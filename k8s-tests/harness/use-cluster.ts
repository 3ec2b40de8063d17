import { afterAll, afterEach, beforeEach } from 'vitest';
import { topology } from '../../cdk8s/topology.ts';
import { Jaeger } from '../../cluster/trace/jaeger.ts';
import { Admin } from './admin.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { RoutePatches } from './route-patches.ts';
import { namespaceOf, type ServiceName, services } from './services.ts';

/** What a cluster test works with. */
export interface TestCluster {
  readonly cluster: Cluster;
  readonly jaeger: Jaeger;
  readonly routes: RoutePatches;
  /** The admin port of a service. */
  readonly admin: (service: ServiceName) => Admin;
}

/**
 * Opens the cluster for a test file. Before each test every pod is reset (catalogue, faults, hits); after each, also a
 * failed one, faults are taken away and edited routes are put back.
 */
export function useCluster(): TestCluster {
  const cluster = openCluster();
  const routes = new RoutePatches(cluster);
  const admin = (service: ServiceName): Admin => new Admin(cluster, { namespace: namespaceOf(service), name: service });
  const resetAll = async () => {
    // The orders first: a saga that goes on would be counted among the hits of the next test.
    const first = services.filter((service) => topology.services[service].database === 'orders');
    const others = services.filter((service) => !first.includes(service));
    for (const group of [first, others]) await Promise.all(group.map((service) => admin(service).reset()));
  };

  beforeEach(resetAll);
  afterEach(async () => {
    const outcomes = await Promise.allSettled([routes.restore(), resetAll()]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  });
  afterAll(() => cluster.close());

  return { cluster, jaeger: new Jaeger(cluster.jaegerUrl), routes, admin };
}
