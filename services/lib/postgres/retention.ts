import type { Log } from '../observability/log.ts';
import { periodically, purgeIntervalMs } from '../runtime/timing.ts';
import type { Database } from './database.ts';

/** How long a table keeps a row. What states it also does it, so no table has a retention on paper only. */
export type Retention =
  | {
      readonly kind: 'purged';
      /** For people: `90 days after the call`. */
      readonly kept: string;
      /** Deletes the rows that are past their retention, in batches. */
      purge(database: Database): Promise<unknown>;
    }
  /** Deleted in the transaction that deletes the row of another table. */
  | { readonly kind: 'with'; readonly table: string }
  /** Rows that end with their work, in the statement that finishes it. */
  | { readonly kind: 'until'; readonly end: string }
  | { readonly kind: 'always'; readonly why: string };

/** The retention of every table of a database, by the table's name. */
export type Retentions = Readonly<Record<string, Retention>>;

/**
 * For how many days longer other services keep their records of an order than orders keeps the order, so that they never
 * forget one that orders can still ask about.
 */
export const marginDays = 30;

/**
 * Purges each table every ten minutes.
 * @returns stops it
 */
export function startPurging(database: Database, retentions: Retentions, log: Log): () => void {
  const stops = Object.entries(retentions).flatMap(([table, retention]) =>
    retention.kind === 'purged'
      ? [periodically(purgeIntervalMs, `purge ${table}`, () => retention.purge(database), log)]
      : [],
  );
  return () => {
    for (const stop of stops) stop();
  };
}

/** A retention as one line of a document. */
export function describeRetention(retention: Retention): string {
  switch (retention.kind) {
    case 'purged':
      return retention.kept;
    case 'with':
      return `as long as its row of \`${retention.table}\``;
    case 'until':
      return `until ${retention.end}`;
    case 'always':
      return `always: ${retention.why}`;
  }
}
