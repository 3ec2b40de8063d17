import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { hasStatus } from '../harness/check.ts';
import { withDatabase } from '../harness/database.ts';
import { eventually } from '../harness/eventually.ts';
import { kubectl } from '../harness/kubectl.ts';
import { Load } from '../harness/load.ts';
import { orderRequest, readPlaced } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();

/** Long enough for the breakers to open; 300 shows the effects of an outage of five minutes. */
const outageSeconds = Number(process.env.OUTAGE_SECONDS ?? 25);
/**
 * Low enough that all orders end within a minute: the breakers stay open for half of it, and in the other half two
 * cores complete about 8 orders per second.
 */
const ratePerSecond = Math.min(2, 150 / outageSeconds);
const allEndWithinMs = 60_000;

const scaleAcquirer = async (replicas: 0 | 1): Promise<void> => {
  await kubectl('-n', 'partner', 'scale', 'deploy/acquirer', `--replicas=${replicas}`);
  await kubectl('-n', 'partner', 'rollout', 'status', 'deploy/acquirer', '--timeout=120s');
};

afterEach(() => scaleAcquirer(1));

it(
  'while the partner is unavailable, orders are pending; all end within a minute of its return, charged once',
  async () => {
    await scaleAcquirer(0);
    // A terminating pod still answers for some seconds.
    await kubectl('-n', 'partner', 'wait', '--for=delete', 'pod', '-l', 'app=acquirer', '--timeout=60s');
    const load = new Load({ ratePerSecond, call: () => orderRequest(cluster.ingressUrl), check: hasStatus(202) });
    await sleep(1_000 * outageSeconds);
    const { sent, answers, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(answers).toHaveLength(sent);

    const orderIds = answers.map((answer) => readPlaced(answer).orderId);
    expect(await readStatuses(orderIds)).toEqual(['pending']);

    await scaleAcquirer(1);
    const backAt = performance.now();
    await eventually(async () => expect(await readStatuses(orderIds)).toEqual(['fulfilled']), {
      timeoutMs: allEndWithinMs,
      intervalMs: 1_000,
    });
    console.log(
      `outage of ${outageSeconds} s: all ${orderIds.length} orders ended ` +
        `${Math.round(performance.now() - backAt)} ms after it`,
    );

    for (const orderId of orderIds) {
      const effects = (await admin('acquirer').ledger(orderId)).map(({ kind }) => kind);
      expect([orderId, ...effects]).toEqual([orderId, 'authorization', 'capture']);
    }
  },
  1_000 * outageSeconds + 300_000,
);

/** The distinct statuses of these orders. A long outage leaves too many orders to request them one by one. */
function readStatuses(orderIds: readonly string[]): Promise<readonly string[]> {
  return withDatabase(cluster, { namespace: 'shop', name: 'orders' }, async (client) => {
    const { rows } = await client.query<{ status: string }>('SELECT DISTINCT status FROM orders WHERE id = ANY($1)', [
      orderIds,
    ]);
    return rows.map(({ status }) => status);
  });
}
