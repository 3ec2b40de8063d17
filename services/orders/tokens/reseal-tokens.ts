import type { Log } from '../../lib/observability/log.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import type { StoredToken, TokenVault } from './token-vault.ts';

/** The tables with payment tokens, their keys, and a condition that an index of the table answers. */
const tables = [
  { table: 'orders', id: 'id', where: 'payment_token IS NOT NULL' },
  { table: 'idempotency_keys', id: 'order_id', where: "state <> 'final' AND payment_token IS NOT NULL" },
  { table: 'abandoned_payments', id: 'order_id', where: 'true' },
] as const;

/** Rows at once. They are those of orders whose payment is not settled yet, so there are few. */
const batchSize = 500;

/**
 * Encrypts the tokens with the current key that another key encrypted, or that an earlier release stored in plain text.
 * A token that cannot be decrypted stays as it is.
 * @returns the number of changed rows
 */
export async function resealTokens(db: Queryable, vault: TokenVault, log: Log): Promise<number> {
  let changed = 0;
  for (const { table, id, where } of tables) {
    let last = '';
    let length: number = batchSize;
    // In the order of the key, because tokens that cannot be decrypted stay: they could fill every batch.
    while (length === batchSize) {
      const { rows } = await db.query<{ orderId: string; token: StoredToken }>(
        `SELECT ${id}::text AS "orderId", payment_token AS token FROM ${table}
         WHERE ${where} AND NOT starts_with(payment_token, $1) AND ${id}::text > $2
         ORDER BY ${id}::text LIMIT ${batchSize}`,
        [vault.currentPrefix(), last],
      );
      for (const row of rows) changed += await reseal(db, vault, { table, id, ...row }, log);
      length = rows.length;
      last = rows.at(-1)?.orderId ?? '';
    }
  }
  return changed;
}

interface Row {
  readonly table: string;
  /** The column of the key. */
  readonly id: string;
  readonly orderId: string;
  readonly token: StoredToken;
}

/** @returns the number of changed rows: 0 if the token cannot be decrypted, or the row has changed meanwhile */
async function reseal(db: Queryable, vault: TokenVault, { table, id, orderId, token }: Row, log: Log): Promise<number> {
  try {
    const { rowCount } = await db.query(
      `UPDATE ${table} SET payment_token = $3 WHERE ${id} = $1 AND payment_token = $2`,
      [orderId, token, vault.seal(vault.open(token))],
    );
    return rowCount ?? 0;
  } catch (err) {
    log.error({ err, orderId, table }, 'payment token not encrypted again');
    return 0;
  }
}
