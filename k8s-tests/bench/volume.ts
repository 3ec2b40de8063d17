import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import pg from 'pg';
import { migrations as analyticsMigrations } from '../../services/analytics/facts.ts';
import { readStats } from '../../services/analytics/stats.ts';
import type { Database } from '../../services/lib/postgres/database.ts';
import { startTestDatabase } from '../../services/lib/testing/databases.ts';
import { readCounts } from '../../services/orders/saga/saga-metrics.ts';
import { migrations as ordersMigrations } from '../../services/orders/store/store.ts';
import { addRow } from './benchmark-log.ts';
import { summarize } from './percentiles.ts';

const orders = 1_000_000;
const calls = 200;
const boundStatsMs = 50;
const boundScrapeMs = 20;
const docsPath = 'docs/benchmarks.md';

/** Measures what is read on each request or scrape after a million orders, on a real Postgres without the cluster. */
export async function benchVolume({ writeDocs }: { readonly writeDocs: boolean }): Promise<boolean> {
  const load = loadavg()[0] ?? 0;
  const stats = await withRows(analyticsMigrations, factsSql, async (database, client) => {
    const recountMs = await timeOf(() => client.query('SELECT recount_order_facts()'));
    return { ...summarize(await measure(() => readStats(database, 1440))), recountMs };
  });
  const scrape = await withRows(ordersMigrations, ordersSql, async (database) =>
    summarize(await measure(() => readCounts(database))),
  );
  const row = {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    'load average before': Math.round(10 * load) / 10,
    orders,
    'GET /v1/stats with 1440 minutes, p50, ms': stats.p50,
    [`p99, ms (under ${boundStatsMs})`]: stats.p99,
    'metrics of orders at a scrape, p50, ms': scrape.p50,
    [`scrape p99, ms (under ${boundScrapeMs})`]: scrape.p99,
    'to count all facts again, s': Math.round(stats.recountMs / 100) / 10,
  };
  console.table([row]);
  if (writeDocs) await writeFile(docsPath, addRow(await readFile(docsPath, 'utf8'), 'Volume', row));
  return stats.p99 < boundStatsMs && scrape.p99 < boundScrapeMs;
}

async function withRows<T>(
  migrations: string,
  statements: readonly string[],
  work: (database: Database, client: pg.Client) => Promise<T>,
): Promise<T> {
  const { url, database, stop } = await startTestDatabase(migrations);
  // A client of its own: a service's pool ends statements that take this long.
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
    return await work(database, client);
  } finally {
    await client.end();
    await stop();
  }
}

async function measure(call: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let done = 0; done < calls; done++) samples.push(await timeOf(call));
  return samples;
}

async function timeOf(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}

/** A day in which a third was cancelled, at about 700 orders a minute, and 1,000 orders are open. */
const factsSql = [
  `INSERT INTO order_facts (order_id, placed_at, total_minor, currency, outcome, reason, ended_at)
   SELECT 'o-' || n, at, 1200 + n % 1000, 'USD',
     CASE WHEN n <= 1000 THEN NULL WHEN n % 3 = 0 THEN 'cancelled' ELSE 'fulfilled' END,
     CASE WHEN n > 1000 AND n % 3 = 0 THEN 'declined' END, CASE WHEN n > 1000 THEN at + interval '1 s' END
   FROM generate_series(1, ${orders}) AS n, LATERAL (SELECT now() - n * interval '86 ms' AS at) AS times`,
  'VACUUM ANALYZE order_facts, order_totals',
];

/** 1,000 orders wait, half of them for longer than their deadline. */
const ordersSql = [
  `INSERT INTO orders (id, customer_id, status, items, shipping_address, currency, total_minor, estimated_delivery, placed_at)
   SELECT gen_random_uuid(), 'c-' || n % 1000, CASE WHEN n <= 1000 THEN 'confirmed' ELSE 'fulfilled' END,
     '[{"sku":"mug","quantity":2}]', '{"country":"NO"}', 'USD', 2400, '2026-11-30', now() - n * interval '1200 ms'
   FROM generate_series(1, ${orders}) AS n`,
  `INSERT INTO sagas (order_id, state, trace, started_at, ended_at)
   SELECT id, CASE status WHEN 'confirmed' THEN 'waiting' ELSE 'ended' END, '{}', placed_at,
     CASE status WHEN 'confirmed' THEN NULL ELSE placed_at END FROM orders`,
  'VACUUM ANALYZE orders, sagas',
];
