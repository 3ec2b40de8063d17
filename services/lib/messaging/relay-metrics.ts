import { type BatchObservableResult, metrics } from '@opentelemetry/api';
import type { Queryable } from '../postgres/database.ts';

/**
 * How many events wait in the outbox and for how long the oldest has. Read on scrape; nothing is reported while the
 * database does not answer.
 * @returns ends the reporting
 */
export function reportOutbox(database: Queryable): () => void {
  const meter = metrics.getMeter('windlass');
  const depth = meter.createObservableGauge('windlass.outbox.depth', {
    unit: '{event}',
    description: 'Events that are not yet published',
  });
  const age = meter.createObservableGauge('windlass.outbox.age', {
    unit: 's',
    description: 'Age of the oldest event that is not yet published; 0 if none waits',
  });
  const observe = async (result: BatchObservableResult) => {
    const waiting = await readWaiting(database).catch(() => undefined);
    if (waiting === undefined) return;
    result.observe(depth, waiting.depth);
    result.observe(age, waiting.ageSeconds);
  };
  meter.addBatchObservableCallback(observe, [depth, age]);
  return () => meter.removeBatchObservableCallback(observe, [depth, age]);
}

async function readWaiting(database: Queryable): Promise<{ depth: number; ageSeconds: number } | undefined> {
  const { rows } = await database.query<{ depth: number; ageSeconds: number }>(
    `SELECT count(*)::int AS depth,
      coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 AS "ageSeconds"
    FROM outbox WHERE published_at IS NULL`,
  );
  return rows[0];
}
