import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { askEnvoy } from './envoy.ts';
import type { PodRef } from './names.ts';

/** Retries that a callee's own proxy makes to its application. `null`: none. */
export type InboundRetries = { readonly attempts: number; readonly conditions: readonly string[] } | null;

const retryPolicy = z.object({ retry_on: z.string().default(''), num_retries: z.number().default(1) });
const routeConfig = z.object({
  virtual_hosts: z.array(
    z.object({
      retry_policy: retryPolicy.optional(),
      routes: z.array(
        z.object({ route: z.object({ cluster: z.string(), retry_policy: retryPolicy.optional() }).optional() }),
      ),
    }),
  ),
});
/** Listeners for calls from other pods have their routes inline, and not in the dump's route configurations. */
const dumpSchema = z.object({
  configs: z
    .array(
      z.object({
        active_state: z.object({
          listener: z.object({
            filter_chains: z
              .array(
                z.object({
                  filters: z
                    .array(z.object({ typed_config: z.object({ route_config: routeConfig.optional() }).optional() }))
                    .default([]),
                }),
              )
              .default([]),
          }),
        }),
      }),
    )
    .default([]),
});

/** Reads the retries that the pod's proxy makes of calls to one port of its application. Throws if it has no route. */
export async function readInboundRetries(cluster: Cluster, pod: PodRef, port: number): Promise<InboundRetries> {
  const dump = await askEnvoy(cluster, pod, '/config_dump?resource=dynamic_listeners');
  const routes = findInboundRoutes(dump, port);
  const [first] = routes;
  if (first === undefined) throw new Error(`the proxy of ${pod.name} has no route to its own port ${port}`);
  const other = routes.find((route) => JSON.stringify(route) !== JSON.stringify(first));
  if (other !== undefined) {
    throw new Error(`the proxy of ${pod.name} retries port ${port} in two ways: ${JSON.stringify([first, other])}`);
  }
  return first;
}

/** The retries of each route to the port, from a dump of listeners. */
export function findInboundRoutes(dump: unknown, port: number): InboundRetries[] {
  return dumpSchema
    .parse(dump)
    .configs.flatMap(({ active_state }) => active_state.listener.filter_chains)
    .flatMap(({ filters }) => filters)
    .flatMap(({ typed_config }) => typed_config?.route_config?.virtual_hosts ?? [])
    .flatMap((host) => host.routes.map(({ route }) => ({ route, hostPolicy: host.retry_policy })))
    .filter(({ route }) => route?.cluster.startsWith(`inbound|${port}|`))
    .map(({ route, hostPolicy }) => toRetries(route?.retry_policy ?? hostPolicy));
}

function toRetries(policy: z.infer<typeof retryPolicy> | undefined): InboundRetries {
  if (!policy || policy.num_retries === 0 || policy.retry_on === '') return null;
  return { attempts: policy.num_retries, conditions: policy.retry_on.split(',').sort() };
}
