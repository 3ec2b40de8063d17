import { execa } from 'execa';
import { beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { root } from '../../cluster/paths.ts';
import { check, hasStatus, isProblem, namesField } from '../harness/check.ts';
import { eventually } from '../harness/eventually.ts';
import { type HttpResponse, send } from '../harness/http.ts';
import { openKafka } from '../harness/kafka-client.ts';
import { orderRequest, readPlaced, undeliverableOrder, waitForStatus } from '../harness/order.ts';
import { analyst } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { takeQuiescentBaseline } from '../storm/quiescence.ts';

const { cluster, admin } = useCluster();
const rebuildingMs = 300_000;

const revenueSchema = z.record(z.string(), z.union([z.number(), z.string()]));
const statsSchema = z.object({
  orders: z.object({ total: z.number(), open: z.number(), fulfilled: z.number(), cancelled: z.number() }),
  cancelledByReason: z.record(z.string(), z.number()),
  revenue: revenueSchema,
  perMinute: z.array(
    z.object({ at: z.string(), orders: z.number(), revenue: revenueSchema, cancellations: z.number() }),
  ),
});

/** Events of earlier orders may still be on their way to analytics, which would count them. */
beforeEach(async () => {
  await takeQuiescentBaseline(cluster, await openKafka(cluster));
  await admin('analytics').reset();
}, 120_000);

const getStats = (query = ''): Promise<HttpResponse> =>
  send({ url: `${cluster.ingressUrl}/v1/stats${query}`, as: analyst });

const readStats = async (query = '') =>
  statsSchema.parse(JSON.parse(check(await getStats(query), hasStatus(200)).text));

/** The totals without the statistics per minute, which change with the clock. */
async function readTotals() {
  const { perMinute: _, ...totals } = await readStats();
  return totals;
}

/** Rebuilds the statistics with the operators' command. */
async function rebuild(): Promise<void> {
  const { stdout } = await execa('npm', ['run', '--silent', 'rebuild'], { cwd: root, timeout: rebuildingMs });
  expect(stdout).toMatch(/Rebuilt from \d+ messages in [\d.]+ s; \d+ of them rejected\.$/);
}

/** One order that ends fulfilled and one that ends cancelled. */
async function placeBoth(): Promise<void> {
  const endings = [
    { call: orderRequest(cluster.ingressUrl), status: 'fulfilled' },
    { call: orderRequest(cluster.ingressUrl, undeliverableOrder), status: 'cancelled' },
  ];
  for (const { call, status } of endings) {
    const { orderId } = readPlaced(check(await send(call), hasStatus(201)));
    await waitForStatus(cluster.ingressUrl, orderId, status);
  }
}

it('the stats count a fulfilled and a cancelled order, the revenue and the reason for the cancellation', async () => {
  await placeBoth();
  await eventually(async () =>
    expect(await readTotals()).toEqual({
      orders: { total: 2, open: 0, fulfilled: 1, cancelled: 1 },
      cancelledByReason: { 'shipment-failed': 1 },
      revenue: { USD: 2_400 },
    }),
  );
  const { perMinute } = await readStats('?minutes=5');
  expect(perMinute).toHaveLength(5);
  const sum = (of: (minute: (typeof perMinute)[number]) => number) =>
    perMinute.reduce((all, each) => all + of(each), 0);
  expect(sum(({ orders }) => orders)).toBe(2);
  expect(sum(({ cancellations }) => cancellations)).toBe(1);
  expect(sum(({ revenue }) => Number(revenue.USD ?? 0))).toBe(2_400);
});

it.each(['0', '1441', 'soon', '1&minutes=2'])('minutes=%s is a problem that names the field', async (minutes) => {
  check(await getStats(`?minutes=${minutes}`), hasStatus(400), isProblem('invalid'), namesField('minutes'));
});

it(
  'the stats are the same after a rebuild from the topic',
  async () => {
    // The topic has the orders of all tests. The reset before this test deleted them from analytics only.
    await rebuild();
    const before = await readTotals();
    expect(before.orders.total).toBeGreaterThan(0);
    await placeBoth();
    const { total, fulfilled, cancelled } = before.orders;
    await eventually(async () =>
      expect((await readTotals()).orders).toMatchObject({
        total: total + 2,
        fulfilled: fulfilled + 1,
        cancelled: cancelled + 1,
      }),
    );
    const counted = await readTotals();
    await rebuild();
    expect(await readTotals()).toEqual(counted);
  },
  2 * rebuildingMs,
);
