import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Database, Queryable } from '../lib/postgres/database.ts';
import { deleteInBatches } from '../lib/postgres/delete-in-batches.ts';
import { type KeyedCall, once } from '../lib/postgres/idempotency.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';

/** The schema of the ledger: one row for each effect, not for each request. */
export const migrations = join(import.meta.dirname, 'migrations');

type EffectKind = 'authorization' | 'capture' | 'reversal';

export interface LedgerEntry {
  readonly kind: EffectKind;
  readonly amountMinor: number;
  readonly at: string;
}

/** An amount to hold on a card. */
export interface Authorization {
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly paymentToken: string;
}

interface Effect {
  readonly id: string;
  /** False if an earlier request with the same key already had this effect. */
  readonly isNew: boolean;
}

/**
 * Holds the amount, once for each key.
 * @throws DomainError `key-reused`
 */
export async function authorize(database: Database, key: string, request: Authorization): Promise<Effect> {
  const { orderId, amountMinor, currency } = request;
  return inLedger(database, { operation: 'authorize', key, request }, async (tx, id) => {
    await tx.query(
      "INSERT INTO ledger (id, order_id, kind, amount_minor, currency) VALUES ($1, $2, 'authorization', $3, $4)",
      [id, orderId, amountMinor, currency],
    );
  });
}

/**
 * Captures or reverses a whole authorization, once.
 * @throws DomainError `not-found` if there is no such authorization; `failed-precondition` if it was reversed before,
 *   or if another key captured it before
 */
export async function settle(
  database: Database,
  kind: 'capture' | 'reversal',
  key: string,
  authorizationId: string,
): Promise<Effect> {
  return inLedger(database, { operation: kind, key, request: { authorizationId } }, async (tx, id) => {
    const { rows } = await tx.query<{ order_id: string }>(
      "SELECT order_id FROM ledger WHERE id = $1 AND kind = 'authorization' FOR UPDATE",
      [authorizationId],
    );
    if (!rows[0]) throw new DomainError('not-found', `There is no authorization ${authorizationId}.`);
    const { rowCount: reversals } = await tx.query(
      "SELECT 1 FROM ledger WHERE authorization_id = $1 AND (kind = 'reversal' OR kind = $2)",
      [authorizationId, kind],
    );
    if (reversals) throw new DomainError('failed-precondition', `Authorization ${authorizationId} was settled before.`);
    await tx.query(
      `INSERT INTO ledger (id, order_id, kind, authorization_id, amount_minor, currency)
       SELECT $1, order_id, $2, id, amount_minor, currency FROM ledger WHERE id = $3`,
      [id, kind, authorizationId],
    );
  });
}

async function inLedger(
  database: Database,
  call: KeyedCall,
  write: (tx: Queryable, id: string) => Promise<void>,
): Promise<Effect> {
  const newId = randomUUID();
  const { id } = await database.transaction((tx) =>
    once(tx, call, async () => {
      await write(tx, newId);
      return { id: newId };
    }),
  );
  return { id, isNew: id === newId };
}

/**
 * Counts an attempt with this key.
 * @returns the number of attempts so far: 1 for the first
 */
export async function countAttempt(db: Queryable, key: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'INSERT INTO tries AS t (key, count) VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET count = t.count + 1 RETURNING count',
    [key],
  );
  return rows[0]?.count ?? 0;
}

/** As long as the keys. */
const attemptsKeptDays = 90;

/** Deletes counts of attempts whose keys are not repeated anymore. */
export function purgeAttempts(db: Queryable): Promise<number> {
  const old = `SELECT key FROM tries WHERE at < now() - interval '${attemptsKeptDays} days'`;
  return deleteInBatches(db, 'tries', 'key', old);
}

/** An order's effects, oldest first. */
export async function readLedger(db: Queryable, orderId: string): Promise<LedgerEntry[]> {
  const { rows } = await db.query<{ kind: EffectKind; amount_minor: string; at: Date }>(
    'SELECT kind, amount_minor, at FROM ledger WHERE order_id = $1 ORDER BY at, id',
    [orderId],
  );
  return rows.map(({ kind, amount_minor, at }) => ({ kind, amountMinor: Number(amount_minor), at: at.toISOString() }));
}

export async function resetLedger(db: Queryable): Promise<void> {
  await db.query('TRUNCATE ledger, tries, idempotency_keys');
}
