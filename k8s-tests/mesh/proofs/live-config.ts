import { afterAll, describe, expect, it } from 'vitest';
import type { Call, Dependency } from '../../../cdk8s/model/dependencies.ts';
import { targetOf } from '../../harness/caller.ts';
import { type Cluster, openCluster } from '../../harness/cluster.ts';
import { eventually } from '../../harness/eventually.ts';
import { readCluster } from '../../harness/live-cluster.ts';
import { type LiveRoute, readRouteOf } from '../../harness/live-route.ts';
import type { PodRef } from '../../harness/pod-ref.ts';
import { proxiesOf } from '../../harness/proxies.ts';
import { expectedCluster, expectedRoute } from './expected-config.ts';
import { dependenciesOf, type Select, type Source } from './source.ts';

/** Every number of every policy stands in the live config of each of its caller's proxies. */
export function describeLiveConfig(source: Source, select?: Select): void {
  const cluster = openCluster();
  afterAll(() => cluster.close());

  describe.each(dependenciesOf(source, select))(
    'in every proxy of $caller, the live config for $callee',
    (dependency) => {
      const ofEachProxy = (assert: (pod: PodRef) => Promise<void>) =>
        eventually(
          async () => {
            for (const pod of await proxiesOf(cluster, source.topology, dependency.caller)) await assert(pod);
          },
          { timeoutMs: 2_000 },
        );

      it.each(dependency.calls)('has the timeout and the retries of $name', async (call) => {
        await ofEachProxy(async (pod) => {
          const { numbers } = await readRouteFor(cluster, pod, dependency, call);
          expect(numbers, pod.name).toEqual(expectedRoute(call.policy));
        });
      });

      it.each(dependency.calls)('has the pool, the retry budget and the breaker behind $name', async (call) => {
        await ofEachProxy(async (pod) => {
          const { cluster: name } = await readRouteFor(cluster, pod, dependency, call);
          expect(await readCluster(cluster, pod, name), pod.name).toEqual(expectedCluster(dependency.policy));
        });
      });
    },
  );
}

function readRouteFor(cluster: Cluster, pod: PodRef, dependency: Dependency, call: Call): Promise<LiveRoute> {
  return readRouteOf(cluster, pod, dependency.caller, targetOf(dependency, call));
}
