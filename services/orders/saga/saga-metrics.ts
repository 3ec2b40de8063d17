import { metrics } from '@opentelemetry/api';
import type { Queryable } from '../../lib/postgres/database.ts';

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

/** Reports the counts of orders, which are read from the database on each scrape; nothing if it does not answer. */
export function observeOrders(db: Queryable): void {
  const orders = meter.createObservableGauge('windlass.orders', { description: 'Orders by status' });
  const stuck = meter.createObservableGauge('windlass.sagas.stuck', {
    description: 'Sagas whose step has failed too often in a row; it is still retried',
  });
  meter.addBatchObservableCallback(
    async (result) => {
      const [byStatus, stuckSagas] = await Promise.all([
        countRows(db, 'SELECT status AS label, count(*)::int AS count FROM orders GROUP BY status'),
        countRows(db, 'SELECT NULL AS label, count(*)::int AS count FROM sagas WHERE stuck_since IS NOT NULL'),
      ]).catch(() => [[], []]);
      for (const { label, count } of byStatus) result.observe(orders, count, { status: label });
      for (const { count } of stuckSagas) result.observe(stuck, count);
    },
    [orders, stuck],
  );
}

interface Counted {
  readonly label: string;
  readonly count: number;
}

async function countRows(db: Queryable, sql: string): Promise<Counted[]> {
  return (await db.query<Counted>(sql)).rows;
}
