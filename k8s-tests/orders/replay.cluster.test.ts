import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { expect, it } from 'vitest';
import { takeBaseline } from '../checker/read-state.ts';
import { formatBound } from '../checker/report.ts';
import { checksumTables } from '../harness/checksums.ts';
import { eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import { openKafka, withAdmin } from '../harness/kafka-client.ts';
import { readLag, rewindGroup, startTopicsHere } from '../harness/kafka-groups.ts';
import { scaleDeployment } from '../harness/kubectl.ts';
import type { PodRef } from '../harness/names.ts';
import { orderRequest } from '../harness/order.ts';
import { seededRandom } from '../harness/random.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { drawOrder } from '../storm/order-mix.ts';
import { consumers, expectQuiescence } from '../storm/quiescence.ts';

const { cluster } = useCluster();

const orders = 40;
const replays = 3;
const shop = (name: string): PodRef => ({ namespace: 'shop', name });
const databases: readonly PodRef[] = [
  ...['orders', 'inventory', 'payments', 'fulfillment', 'notifications', 'analytics'].map(shop),
  { namespace: 'partner', name: 'acquirer' },
];
/** Whether a table holds business data. The others record received events, calls, migrations and the ends of topics. */
const isBusiness = (table: string): boolean =>
  !['inbox', 'idempotency_keys', 'migrations', 'schema_migrations', 'topic_ends'].includes(table);

it('reading all topics again from the start, three times, changes no business table', async () => {
  const kafka = await openKafka(cluster);
  const baseline = await takeBaseline(cluster, kafka);
  const waitForQuiescence = () =>
    eventually(() => expectQuiescence(cluster, kafka, baseline), { timeoutMs: 120_000, intervalMs: 1_000 });
  await waitForQuiescence();
  // Tables were emptied but topics were not, so the services would process earlier events for the first time.
  await withAdmin(kafka, startTopicsHere);
  const random = seededRandom(1);
  for (let n = 0; n < orders; n++) {
    const { customerId, ...order } = drawOrder(random);
    await send(orderRequest(cluster.ingressUrl, order, randomUUID(), { customer: customerId }));
  }
  await waitForQuiescence();

  const before = await checksumTables(cluster, databases, isBusiness);
  expect(before['notifications: public.emails'], 'something to change').not.toMatch(/^0 rows/);
  const deployments = consumers.map(({ group }) => group);
  const replicas = await replicasOf(deployments);
  let delivered = 0;
  const changed: string[] = [];
  for (let replay = 1; replay <= replays; replay++) {
    try {
      await Promise.all(deployments.map((name) => scaleDeployment(cluster, shop(name), 0)));
      delivered += await rewindAll(kafka);
    } finally {
      await Promise.all(deployments.map((name) => scaleDeployment(cluster, shop(name), replicas[name] ?? 1)));
    }
    await waitForQuiescence();
    const after = await checksumTables(cluster, databases, isBusiness);
    for (const [table, checksum] of Object.entries(after))
      if (checksum !== before[table]) changed.push(`replay ${replay}: ${table}: ${before[table]} became ${checksum}`);
  }
  console.log(
    `${replays} replays, ${delivered} events delivered again, ${Object.keys(before).length} tables, ` +
      `${changed.length} changed; at most ${formatBound(3 / delivered)} of events change a table (95 % confidence)`,
  );
  expect(changed).toEqual([]);
  expect(delivered).toBeGreaterThan(replays * orders);
}, 600_000);

/** @returns how many records the groups now have to read again */
async function rewindAll(kafka: Kafka): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    // A group has members until the broker notices that they left.
    const lags = consumers.map((consumer) =>
      eventually(
        async () => {
          await rewindGroup(admin, consumer);
          return readLag(admin, consumer);
        },
        { timeoutMs: 60_000, intervalMs: 1_000 },
      ),
    );
    const read = await Promise.all(lags);
    for (const [index, lag] of read.entries())
      expect(lag, `records to read again by ${consumers[index]?.group}`).toBeGreaterThan(0);
    return read.reduce((sum, lag) => sum + lag, 0);
  });
}

async function replicasOf(names: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const entries = names.map(async (name) => {
    const { spec } = await cluster.apps.readNamespacedDeployment({ name, namespace: 'shop' });
    return [name, spec?.replicas ?? 1] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
