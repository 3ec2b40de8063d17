import type { Log } from '../../lib/observability/log.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import type { StoredToken, TokenVault } from './token-vault.ts';

/** The tables with payment tokens, their keys, and a condition that an index of the table answers. */
const tables = [
  { table: 'orders', id: 'id', where: 'payment_token IS NOT NULL' },
  { table: 'idempotency_keys', id: 'order_id', where: "state <> 'final' AND payment_token IS NOT NULL" },
  { table: 'abandoned_payments', id: 'order_id', where: 'true' },
] as const;

/** Rows for one run. They are those of orders whose payment is not settled yet, so there are few. */
const batchSize = 500;

/**
 * Encrypts the tokens with the current key that another key encrypted, or that an earlier release stored in plain text.
 * A token that cannot be decrypted stays as it is.
 * @returns the number of changed rows
 */
export async function resealTokens(db: Queryable, vault: TokenVault, log: Log): Promise<number> {
  let changed = 0;
  for (const { table, id, where } of tables) {
    const { rows } = await db.query<{ id: string; token: StoredToken }>(
      `SELECT ${id} AS id, payment_token AS token FROM ${table}
       WHERE ${where} AND NOT starts_with(payment_token, $1) LIMIT ${batchSize}`,
      [vault.currentPrefix()],
    );
    for (const { id: orderId, token } of rows) {
      try {
        // A row that has changed meanwhile has a token that was sealed just now, or none.
        const { rowCount } = await db.query(
          `UPDATE ${table} SET payment_token = $3 WHERE ${id} = $1 AND payment_token = $2`,
          [orderId, token, vault.seal(vault.open(token))],
        );
        changed += rowCount ?? 0;
      } catch (err) {
        log.error({ err, orderId, table }, 'payment token not encrypted again');
      }
    }
  }
  return changed;
}
