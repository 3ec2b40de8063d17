import { join } from 'node:path';
import { catalogue } from '../contracts/catalogue.ts';
import type { Database, Queryable } from '../lib/postgres/database.ts';
import { untilPartial } from '../lib/postgres/delete-in-batches.ts';
import { type KeyedCall, once } from '../lib/postgres/idempotency.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';

export const migrations = join(import.meta.dirname, 'migrations');

export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** A line that the stock cannot serve. */
interface Shortage {
  readonly sku: string;
  readonly requested: number;
  readonly available: number;
}

/** The lines that the stock cannot serve. An unknown SKU counts as out of stock. */
export async function findShortages(
  db: Queryable,
  lines: readonly Line[],
  lock: '' | 'FOR UPDATE' = '',
): Promise<Shortage[]> {
  const skus = lines.map(({ sku }) => sku);
  // All reservations lock rows in the same order, so that two reservations never deadlock.
  const { rows } = await db.query<{ sku: string; available: number }>(
    `SELECT sku, available FROM stock WHERE sku = ANY($1) ORDER BY sku ${lock}`,
    [skus],
  );
  const available = new Map(rows.map((row) => [row.sku, row.available]));
  return lines
    .map(({ sku, quantity }) => ({ sku, requested: quantity, available: available.get(sku) ?? 0 }))
    .filter((line) => line.requested > line.available);
}

/**
 * Reserves all lines for the order or, if there is a shortage, none.
 * @throws DomainError `failed-precondition` if the order was released: a delayed Reserve must not reserve stock; or if
 *   other lines are reserved for it; `key-reused`
 */
export function reserve(database: Database, key: string, orderId: string, lines: readonly Line[]): Promise<Shortage[]> {
  const call: KeyedCall = { operation: 'Reserve', key, request: { orderId, lines } };
  return database.transaction((tx) =>
    once(tx, call, async () => {
      const { wasReleased, isReserved } = await lockOrder(tx, orderId);
      if (wasReleased) {
        throw new DomainError('failed-precondition', `The stock of order ${orderId} was released before.`);
      }
      // Its key is purged, and an operator has the reservation repeated.
      if (isReserved) return requireSameLines(tx, orderId, lines);
      const shortages = await findShortages(tx, lines, 'FOR UPDATE');
      if (shortages.length > 0) return shortages;
      for (const { sku, quantity } of lines) {
        await tx.query('UPDATE stock SET available = available - $2 WHERE sku = $1', [sku, quantity]);
        await tx.query('INSERT INTO reservations (order_id, sku, quantity) VALUES ($1, $2, $3)', [
          orderId,
          sku,
          quantity,
        ]);
      }
      return [];
    }),
  );
}

/** @throws DomainError `failed-precondition` if the order has other lines reserved than these */
async function requireSameLines(tx: Queryable, orderId: string, lines: readonly Line[]): Promise<[]> {
  const { rows } = await tx.query<Line>('SELECT sku, quantity FROM reservations WHERE order_id = $1', [orderId]);
  const reserved = new Map(rows.map(({ sku, quantity }) => [sku, quantity]));
  const isSame = rows.length === lines.length && lines.every(({ sku, quantity }) => reserved.get(sku) === quantity);
  if (isSame) return [];
  throw new DomainError('failed-precondition', `Order ${orderId} has other lines reserved.`);
}

/** Locks the order, so that no other call reserves or releases its stock until the transaction ends. */
async function lockOrder(tx: Queryable, orderId: string): Promise<{ wasReleased: boolean; isReserved: boolean }> {
  const { rows } = await tx.query<{ wasReleased: boolean; isReserved: boolean }>(
    `INSERT INTO order_holds AS h (order_id) VALUES ($1) ON CONFLICT (order_id) DO UPDATE SET released_at = h.released_at
     RETURNING released_at IS NOT NULL AS "wasReleased",
       EXISTS (SELECT FROM reservations WHERE order_id = $1) AS "isReserved"`,
    [orderId],
  );
  return rows[0] ?? { wasReleased: false, isReserved: false };
}

/**
 * Releases the order's stock.
 * @returns false if it had no reservation
 */
export function release(database: Database, key: string, orderId: string): Promise<boolean> {
  const call: KeyedCall = { operation: 'Release', key, request: { orderId } };
  return database.transaction((tx) =>
    once(tx, call, async () => {
      await lockOrder(tx, orderId);
      await tx.query('UPDATE order_holds SET released_at = now() WHERE order_id = $1', [orderId]);
      const { rows } = await tx.query<{ sku: string }>(
        `WITH released AS (DELETE FROM reservations WHERE order_id = $1 RETURNING sku, quantity)
         UPDATE stock SET available = available + quantity FROM released WHERE stock.sku = released.sku RETURNING stock.sku`,
        [orderId],
      );
      return rows.length > 0;
    }),
  );
}

/** Fills an empty stock table from the catalogue. */
export async function stockUp(db: Queryable): Promise<void> {
  const skus = Object.keys(catalogue);
  const amounts = Object.values(catalogue).map(({ initialStock }) => initialStock);
  await db.query(
    'INSERT INTO stock (sku, available) SELECT * FROM unnest($1::text[], $2::integer[]) ON CONFLICT DO NOTHING',
    [skus, amounts],
  );
}

/** Restores the initial stock of the catalogue, without reservations. */
export function resetStock(database: Database): Promise<void> {
  return database.transaction(async (tx) => {
    await tx.query('TRUNCATE idempotency_keys, order_holds, stock, reservations');
    await stockUp(tx);
  });
}

/** As long as the keys: after that, no delayed Reserve of a released order can come. */
export const releasedHoldsKeptDays = 90;

/** Orders for each transaction, so that none takes long. */
const batchSize = 1_000;

/**
 * Deletes the notes of orders that were released long ago, and of all orders that orders has forgotten, with their
 * reservations: the goods are sold.
 * @param days since the first call for the order
 */
export async function purgeHolds(database: Database, days: number): Promise<void> {
  for (const old of [
    `released_at < now() - interval '${releasedHoldsKeptDays} days'`,
    `at < now() - interval '${days} days'`,
  ]) {
    await untilPartial(batchSize, () =>
      database.transaction(async (tx) => {
        const { rows } = await tx.query<{ order_id: string }>(
          `DELETE FROM order_holds WHERE order_id IN (SELECT order_id FROM order_holds WHERE ${old} LIMIT ${batchSize})
           RETURNING order_id`,
        );
        await tx.query('DELETE FROM reservations WHERE order_id = ANY($1)', [rows.map(({ order_id }) => order_id)]);
        return rows.length;
      }),
    );
  }
}
