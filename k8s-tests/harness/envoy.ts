import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { type EventuallyOptions, eventually } from './eventually.ts';
import type { PodRef } from './pod-ref.ts';
import { askEnvoy } from './proxies.ts';
import { type EnvoyRoute, policyOfEnvoyRoute, type RoutePolicy } from './route-policy.ts';

const routesDumpSchema = z.object({
  configs: z
    .array(
      z.object({
        route_config: z.object({
          virtual_hosts: z.array(z.object({ routes: z.array(z.custom<EnvoyRoute>()).default([]) })).default([]),
        }),
      }),
    )
    .default([]),
});

/** The named route as the pod's sidecar has it now. Fails when it has none of that name. */
export async function readLiveRoute(cluster: Cluster, pod: PodRef, routeName: string): Promise<EnvoyRoute> {
  const { configs } = routesDumpSchema.parse(
    await askEnvoy(cluster, pod, '/config_dump?resource=dynamic_route_configs'),
  );
  const route = configs
    .flatMap(({ route_config }) => route_config.virtual_hosts)
    .flatMap(({ routes }) => routes)
    .find(({ name }) => name === routeName);
  if (route === undefined) throw new Error(`the sidecar of ${pod.name} has no route named ${routeName}`);
  return route;
}

/** Waits until the sidecars of all ready pods of the deployment have the policy live on that route. */
export async function waitForLivePolicy(
  cluster: Cluster,
  deployment: string,
  routeName: string,
  expected: RoutePolicy,
  options: EventuallyOptions = { timeoutMs: 10_000, intervalMs: 50 },
): Promise<void> {
  await eventually(async () => {
    const pods = await cluster.readyPods('shop', `app=${deployment}`);
    if (pods.length === 0) throw new Error(`no ready pod of ${deployment}`);
    for (const pod of pods) {
      const live = policyOfEnvoyRoute(await readLiveRoute(cluster, pod, routeName));
      if (!isDeepStrictEqual(live, expected)) {
        throw new Error(
          `${pod.name} has ${JSON.stringify(live)} on ${routeName}, expected ${JSON.stringify(expected)}`,
        );
      }
    }
  }, options);
}
