import { z } from 'zod';
import type { Cluster } from '../../harness/cluster.ts';
import { askEnvoy } from '../../harness/envoy.ts';
import type { PodRef } from '../../harness/names.ts';

const dumpSchema = z.object({
  configs: z
    .array(
      z
        .object({ route_config: z.unknown(), cluster: z.unknown(), active_state: z.object({ listener: z.unknown() }) })
        .partial(),
    )
    .default([]),
});

/**
 * No policy concerns Kafka. In its cluster, the gateway has the accounts of the broker's pods only once an istiod has
 * started after them.
 */
const ofKafka = '||events-kafka-';

/**
 * The routes, clusters and listeners that the pod's proxy applies, as sorted texts. Versions, times and Kafka's clusters
 * are left out.
 */
export async function readLiveConfig(cluster: Cluster, pod: PodRef): Promise<readonly string[]> {
  const dumps = await Promise.all(
    ['dynamic_route_configs', 'dynamic_active_clusters', 'dynamic_listeners'].map((resource) =>
      askEnvoy(cluster, pod, `/config_dump?resource=${resource}`),
    ),
  );
  return dumps
    .flatMap((dump) => dumpSchema.parse(dump).configs)
    .map(({ route_config, cluster: one, active_state }) =>
      JSON.stringify(sortKeys(route_config ?? one ?? active_state?.listener)),
    )
    .filter((config) => !config.includes(ofKafka))
    .sort();
}

/** Envoy prints the fields of an object in an order that changes from one dump to the next. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!(value instanceof Object)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
