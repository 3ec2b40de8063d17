import type { Dependency } from '../../../cdk8s/model/dependencies.ts';
import { ejectablePercent } from '../../../cdk8s/model/policy.ts';
import { targetOf } from '../../harness/caller.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { EjectionSwitch, NO_EJECTION_PERCENT } from '../../harness/ejection-switch.ts';
import { proxiesOf } from '../../harness/envoy.ts';
import { readCluster } from '../../harness/envoy-cluster.ts';
import { readRouteOf } from '../../harness/envoy-route.ts';
import { eventually } from '../../harness/eventually.ts';
import type { Source } from './source.ts';

/** Does the work while no endpoint can be ejected. Afterwards none is ejected, and every breaker counts from zero. */
export async function withoutEjections(
  cluster: Cluster,
  { topology }: Source,
  dependencies: readonly Dependency[],
  work: () => Promise<void>,
): Promise<void> {
  const ejections = new EjectionSwitch(cluster, topology);
  try {
    await ejections.off();
    await waitUntilLive(cluster, { topology }, dependencies, () => NO_EJECTION_PERCENT);
    await work();
  } finally {
    await ejections.on();
    await waitUntilLive(cluster, { topology }, dependencies, ({ policy: { breaker } }) =>
      breaker.kind === 'none' ? undefined : ejectablePercent(breaker.maxEjectionPercent),
    );
  }
}

/** Resets each breaker as if its proxy had just started: no endpoint is ejected, and the next ejection is the first. */
export function resetBreakers(cluster: Cluster, source: Source, dependencies: readonly Dependency[]): Promise<void> {
  return withoutEjections(cluster, source, dependencies, async () => undefined);
}

async function waitUntilLive(
  cluster: Cluster,
  { topology }: Pick<Source, 'topology'>,
  dependencies: readonly Dependency[],
  percentOf: (dependency: Dependency) => number | undefined,
): Promise<void> {
  const options = { timeoutMs: 10_000, intervalMs: 50 };
  await Promise.all(
    dependencies
      .filter(({ policy }) => policy.breaker.kind !== 'none')
      .map((dependency) => eventually(() => check(dependency), options)),
  );

  async function check(dependency: Dependency): Promise<void> {
    const [call] = dependency.rpcs;
    if (call === undefined) return;
    for (const pod of await proxiesOf(cluster, topology, dependency.caller)) {
      const { cluster: name } = await readRouteOf(cluster, pod, dependency.caller, targetOf(dependency, call));
      const live = (await readCluster(cluster, pod, name)).ejection?.maxEjectionPercent;
      if (live !== percentOf(dependency)) throw new Error(`${pod.name} may eject ${live} % of ${dependency.callee}`);
    }
  }
}
