import type { Kafka } from 'kafkajs';
import { type Baseline, readUnrest, takeBaseline } from '../checker/read-state.ts';
import type { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { withAdmin } from '../harness/kafka-client.ts';
import { type GroupRef, readLag } from '../harness/kafka-groups.ts';
import { restWithinMs } from './storm.ts';

/** Who reads topics: the group is called like the deployment. */
export const consumers: readonly GroupRef[] = [
  { group: 'orders-worker', topics: ['fulfillment.v1'] },
  { group: 'fulfillment', topics: ['orders.v1'] },
  { group: 'notifications', topics: ['orders.v1'] },
  { group: 'analytics', topics: ['orders.v1'] },
];

/** Fails, saying what, while anything of the run is under way: orders, sagas, events to publish or to consume. */
export async function readStillness(cluster: Cluster, kafka: Kafka, baseline: Baseline): Promise<void> {
  const { orders, sagas, unpublished } = await readUnrest(cluster, baseline);
  const lag = await withAdmin(kafka, async (admin) => {
    const lags = await Promise.all(consumers.map((group) => readLag(admin, group)));
    return lags.reduce((sum, each) => sum + each, 0);
  });
  if (orders + sagas + unpublished + lag > 0)
    throw new Error(
      `${orders} orders and ${sagas} sagas under way, ${unpublished} events to publish, ${lag} to consume`,
    );
}

/** Nothing of an earlier run may arrive after the line is drawn. */
export function takeQuietBaseline(cluster: Cluster, kafka: Kafka): Promise<Baseline> {
  return eventually(
    async () => {
      const baseline = await takeBaseline(cluster, kafka);
      await readStillness(cluster, kafka, baseline);
      return baseline;
    },
    { timeoutMs: 90_000, intervalMs: 1_000 },
  );
}

/** How long it took, or what was still under way when the time was over. */
export function waitForRest(cluster: Cluster, kafka: Kafka, baseline: Baseline) {
  const startedAt = performance.now();
  return eventually(() => readStillness(cluster, kafka, baseline), { timeoutMs: restWithinMs, intervalMs: 1_000 }).then(
    () => ({ restedAfterMs: performance.now() - startedAt, unrest: '' }),
    (error: unknown) => ({ restedAfterMs: undefined, unrest: error instanceof Error ? error.message : String(error) }),
  );
}
