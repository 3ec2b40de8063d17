import type { Stats } from '../contracts/stats.ts';
import type { Queryable } from '../lib/postgres/database.ts';

/** Minor units by currency. A sum above 2^53 - 1 is a string of digits, because JSON readers would round a number. */
type Revenue = Readonly<Record<string, number | string>>;

/** @param minutes the number of minutes to list, up to the current one */
export async function readStats(db: Queryable, minutes: number): Promise<Stats> {
  const [orders, reasons, revenue, perMinute] = await Promise.all([
    readTotals(db),
    db.query<{ reason: string; count: number }>(
      `SELECT coalesce(reason, 'unknown') AS reason, count(*)::int AS count FROM order_facts
       WHERE outcome = 'cancelled' GROUP BY 1 ORDER BY 1`,
    ),
    db.query<{ currency: string; minor: string }>(
      `SELECT currency, sum(total_minor)::text AS minor FROM order_facts
       WHERE outcome = 'fulfilled' AND currency IS NOT NULL GROUP BY 1 ORDER BY 1`,
    ),
    readMinutes(db, minutes),
  ]);
  return {
    orders,
    cancelledByReason: Object.fromEntries(reasons.rows.map(({ reason, count }) => [reason, count])),
    revenue: toRevenue(Object.fromEntries(revenue.rows.map(({ currency, minor }) => [currency, minor]))),
    perMinute,
  };
}

async function readTotals(db: Queryable): Promise<Stats['orders']> {
  const { rows } = await db.query<Stats['orders']>(
    `SELECT count(*)::int AS total,
       count(*) FILTER (WHERE outcome IS NULL)::int AS open,
       count(*) FILTER (WHERE outcome = 'fulfilled')::int AS fulfilled,
       count(*) FILTER (WHERE outcome = 'cancelled')::int AS cancelled
     FROM order_facts`,
  );
  return rows[0] ?? { total: 0, open: 0, fulfilled: 0, cancelled: 0 };
}

async function readMinutes(db: Queryable, minutes: number): Promise<Stats['perMinute']> {
  const { rows } = await db.query<{ at: Date; orders: number; cancellations: number; revenue: Record<string, string> }>(
    `WITH span AS (SELECT date_trunc('minute', now()) AS newest,
                          date_trunc('minute', now()) - make_interval(mins => $1 - 1) AS oldest),
       placed AS (SELECT date_trunc('minute', placed_at) AS at, count(*)::int AS orders
                  FROM order_facts, span WHERE placed_at >= oldest GROUP BY 1),
       cancelled AS (SELECT date_trunc('minute', ended_at) AS at, count(*)::int AS cancellations
                     FROM order_facts, span WHERE ended_at >= oldest AND outcome = 'cancelled' GROUP BY 1),
       sold AS (SELECT date_trunc('minute', ended_at) AS at, currency, sum(total_minor)::text AS minor
                FROM order_facts, span
                WHERE ended_at >= oldest AND outcome = 'fulfilled' AND currency IS NOT NULL GROUP BY 1, 2),
       revenue AS (SELECT at, jsonb_object_agg(currency, minor) AS revenue FROM sold GROUP BY 1)
     SELECT at, coalesce(orders, 0) AS orders, coalesce(cancellations, 0) AS cancellations,
            coalesce(revenue, '{}') AS revenue
     FROM span, generate_series(oldest, newest, interval '1 minute') AS at
       LEFT JOIN placed USING (at) LEFT JOIN cancelled USING (at) LEFT JOIN revenue USING (at)
     ORDER BY at`,
    [minutes],
  );
  return rows.map(({ at, orders, cancellations, revenue }) => ({
    at: at.toISOString(),
    orders,
    revenue: toRevenue(revenue),
    cancellations,
  }));
}

function toRevenue(minorByCurrency: Readonly<Record<string, string>>): Revenue {
  const sums = Object.entries(minorByCurrency).map(([currency, digits]) => {
    const minor = Number(digits);
    return [currency, Number.isSafeInteger(minor) ? minor : digits] as const;
  });
  return Object.fromEntries(sums);
}
