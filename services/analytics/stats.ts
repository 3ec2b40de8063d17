import type { Stats } from '../contracts/stats.ts';
import type { Queryable } from '../lib/postgres/database.ts';

/** Minor units by currency. A sum above 2^53 - 1 is a string of digits, because JSON readers would round a number. */
type Revenue = Readonly<Record<string, number | string>>;

/**
 * Reads the running totals, which the triggers of the facts keep: it takes as long after a million orders as after ten.
 *
 * @param minutes the number of minutes to list, up to the current one
 */
export async function readStats(db: Queryable, minutes: number): Promise<Stats> {
  const [totals, perMinute] = await Promise.all([readTotals(db), readMinutes(db, minutes)]);
  const { open = 0, fulfilled = 0, cancelled = 0 } = toCounts(totals.orders);
  return {
    orders: { total: open + fulfilled + cancelled, open, fulfilled, cancelled },
    cancelledByReason: toCounts(totals.reason),
    revenue: toRevenue(totals.revenue ?? {}),
    perMinute,
  };
}

/** Values by label, as digits. */
type Values = Readonly<Record<string, string>>;

const totalsByKind = 'jsonb_object_agg(label, value::text ORDER BY label) AS values';

async function readTotals(db: Queryable): Promise<Readonly<Record<string, Values>>> {
  const { rows } = await db.query<{ kind: string; values: Values }>(
    `SELECT kind, ${totalsByKind} FROM order_totals WHERE minute = '-infinity' AND value <> 0 GROUP BY kind`,
  );
  return Object.fromEntries(rows.map(({ kind, values }) => [kind, values]));
}

interface MinuteRow {
  readonly minute: number;
  readonly newest: number;
  readonly kind: string | null;
  readonly label: string | null;
  readonly digits: string | null;
}

const minuteMs = 60_000;

/** Reads the totals as they are stored, because Postgres takes longer to nest them than this process does. */
async function readMinutes(db: Queryable, minutes: number): Promise<Stats['perMinute']> {
  const { rows } = await db.query<MinuteRow>(
    `WITH span AS (SELECT date_trunc('minute', now()) AS newest)
     SELECT extract(epoch FROM minute)::float8 * 1000 AS minute, extract(epoch FROM newest)::float8 * 1000 AS newest,
       kind, label, value::text AS digits
     FROM span LEFT JOIN order_totals
       ON minute BETWEEN newest - make_interval(mins => $1 - 1) AND newest AND value <> 0
     ORDER BY label`,
    [minutes],
  );
  const newest = rows[0]?.newest ?? 0;
  const byMinute = Map.groupBy(rows, ({ minute }) => minute);
  return Array.from({ length: minutes }, (_, index) => {
    const at = newest - (minutes - 1 - index) * minuteMs;
    const totals = byMinute.get(at) ?? [];
    const countOf = (kind: string) => Number(totals.find((row) => row.kind === kind)?.digits ?? 0);
    const sold = totals.filter(({ kind }) => kind === 'revenue');
    return {
      at: new Date(at).toISOString(),
      orders: countOf('placed'),
      revenue: toRevenue(Object.fromEntries(sold.map(({ label, digits }) => [label, digits ?? '0']))),
      cancellations: countOf('cancelled'),
    };
  });
}

function toCounts(values: Values = {}): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([label, digits]) => [label, Number(digits)]));
}

function toRevenue(minorByCurrency: Values): Revenue {
  const sums = Object.entries(minorByCurrency).map(([currency, digits]) => {
    const minor = Number(digits);
    return [currency, Number.isSafeInteger(minor) ? minor : digits] as const;
  });
  return Object.fromEntries(sums);
}
