import type { Kafka } from 'kafkajs';
import { type Baseline, countWorkInProgress, findLostTopics, takeBaseline } from '../checker/read-state.ts';
import type { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { withAdmin } from '../harness/kafka-client.ts';
import { type GroupRef, readLag } from '../harness/kafka-groups.ts';
import { quiescentWithinMs } from './fault-run.ts';

/** The consumer groups, each with the name of its deployment. */
export const consumers: readonly GroupRef[] = [
  { group: 'orders-worker', topics: ['fulfillment.v1'] },
  { group: 'fulfillment', topics: ['orders.v1'] },
  { group: 'notifications', topics: ['orders.v1'] },
  { group: 'analytics', topics: ['orders.v1'] },
];

/**
 * Throws with the counts while orders or sagas are in progress, events wait to be published or consumed, or a topic has
 * lost events.
 */
export async function expectQuiescence(cluster: Cluster, kafka: Kafka, baseline: Baseline): Promise<void> {
  const { orders, sagas, unpublished } = await countWorkInProgress(cluster, baseline);
  const lag = await withAdmin(kafka, async (admin) => {
    const lags = await Promise.all(consumers.map((group) => readLag(admin, group)));
    return lags.reduce((sum, each) => sum + each, 0);
  });
  if (orders + sagas + unpublished + lag > 0)
    throw new Error(
      `${orders} orders and ${sagas} sagas in progress, ${unpublished} events to publish, ${lag} to consume`,
    );
  const lost = await findLostTopics(cluster, kafka);
  if (lost.length > 0) throw new Error(`${lost.join(', ')} have lost events, which are not published again yet`);
}

/** Waits for quiescence and takes a baseline, so that no event of an earlier run arrives after it. */
export function takeQuiescentBaseline(cluster: Cluster, kafka: Kafka): Promise<Baseline> {
  return eventually(
    async () => {
      const baseline = await takeBaseline(cluster, kafka);
      await expectQuiescence(cluster, kafka, baseline);
      return baseline;
    },
    { timeoutMs: 90_000, intervalMs: 1_000 },
  );
}

/** Returns the time until quiescence, or the work that was still in progress at the timeout. */
export function waitForQuiescence(cluster: Cluster, kafka: Kafka, baseline: Baseline) {
  const startedAt = performance.now();
  return eventually(() => expectQuiescence(cluster, kafka, baseline), {
    timeoutMs: quiescentWithinMs,
    intervalMs: 1_000,
  }).then(
    () => ({ quiescentAfterMs: performance.now() - startedAt, inProgress: '' }),
    (error: unknown) => ({
      quiescentAfterMs: undefined,
      inProgress: error instanceof Error ? error.message : String(error),
    }),
  );
}
