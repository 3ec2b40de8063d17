import { metrics } from '@opentelemetry/api';
import type { Queryable } from '../../lib/postgres/database.ts';
import { deadlineMinutes, isLate, waitsFor } from './pace.ts';

const meter = metrics.getMeter('windlass');

/** Seconds from placing an order to its end; attribute `outcome`. */
export const orderDuration = meter.createHistogram('windlass.order.duration', {
  unit: 's',
  description: 'Time from an order being placed to its end',
  advice: { explicitBucketBoundaries: [0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 120, 300, 600] },
});

/** Attempts of a step or a compensation that got no answer; attribute `step`. */
export const stepFailures = meter.createCounter('windlass.saga.step.failures', {
  description: 'Attempts of a saga step that got no answer',
});

/**
 * Reports how many orders wait and for what, from the database on each scrape; nothing if it does not answer. Each query
 * reads an index of what has not ended, so a scrape takes as long after a million orders as after none.
 */
export function observeOrders(db: Queryable): void {
  const orders = meter.createObservableGauge('windlass.orders', {
    description: 'Orders that have not ended, by status',
  });
  const stuck = meter.createObservableGauge('windlass.sagas.stuck', {
    description: 'Sagas whose step has failed too often in a row; it is still retried',
  });
  const late = meter.createObservableGauge('windlass.orders.late', {
    description: 'Orders past their deadline, by what they wait for: step or shipment',
  });
  meter.addBatchObservableCallback(
    async (result) => {
      const counts = await readCounts(db).catch(() => undefined);
      if (!counts) return;
      for (const [status, count] of counts.byStatus) result.observe(orders, count, { status });
      for (const [waits_for, count] of counts.lateByCause) result.observe(late, count, { waits_for });
      result.observe(stuck, counts.stuck);
    },
    [orders, stuck, late],
  );
}

interface OrderCounts {
  readonly byStatus: ReadonlyMap<string, number>;
  readonly lateByCause: ReadonlyMap<string, number>;
  readonly stuck: number;
}

/** Counts what waits. Labels without an order have 0, so that an alert sees when the last one has ended. */
export async function readCounts(db: Queryable): Promise<OrderCounts> {
  const [byStatus, lateByCause, stuck] = await Promise.all([
    count(db, countQueries.byStatus),
    count(db, countQueries.late),
    count(db, countQueries.stuck),
  ]);
  return {
    byStatus: new Map([['pending', 0], ['confirmed', 0], ...byStatus]),
    lateByCause: new Map([...Object.keys(deadlineMinutes).map((cause) => [cause, 0] as const), ...lateByCause]),
    stuck: stuck[0]?.[1] ?? 0,
  };
}

/** Exported for a test that no query reads what has ended. */
export const countQueries = {
  byStatus: `SELECT status AS label, count(*)::int AS count FROM orders
    WHERE status IN ('pending', 'confirmed') GROUP BY status`,
  late: `SELECT ${waitsFor} AS label, count(*)::int AS count FROM sagas
    WHERE state <> 'ended' AND ${isLate} GROUP BY 1`,
  stuck: "SELECT '' AS label, count(*)::int AS count FROM sagas WHERE stuck_since IS NOT NULL",
} as const;

async function count(db: Queryable, sql: string): Promise<(readonly [label: string, count: number])[]> {
  const { rows } = await db.query<{ label: string; count: number }>(sql);
  return rows.map((row) => [row.label, row.count] as const);
}
