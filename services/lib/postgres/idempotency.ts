import { createHash } from 'node:crypto';
import { DomainError } from '../runtime/domain-error.ts';
import type { Queryable } from './database.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import type { Retention } from './retention.ts';
import { isStorable } from './storable.ts';

/** A call that changes data, with its idempotency key. Calls with the same key must have the same `request`. */
export interface KeyedCall {
  readonly operation: string;
  readonly key: string;
  readonly request: unknown;
}

/** The hash of a request, which is stored instead of the payment token in it. It depends on the order of the fields. */
export function fingerprint(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}

/**
 * Claims a key, or reads the response that was recorded under it. In a transaction, a second call with the same key
 * waits here until the first one has committed.
 * @returns the recorded response, or undefined if there is none yet
 * @throws DomainError `key-reused` if the key was used for another request, `invalid` if there is no key that
 *   can be stored
 */
export async function claimKey<Response>(db: Queryable, call: KeyedCall): Promise<Response | undefined> {
  if (call.key === '') {
    const errors = [{ field: 'idempotency_key', message: 'is required' }];
    throw new DomainError('invalid', `${call.operation} needs a key.`, { errors });
  }
  if (!isStorable(call.key)) {
    const errors = [{ field: 'idempotency_key', message: 'must be well-formed Unicode without U+0000' }];
    throw new DomainError('invalid', `The key of ${call.operation} cannot be stored.`, { errors });
  }
  const params = [call.operation, call.key, fingerprint(call.request)];
  await db.query(
    'INSERT INTO idempotency_keys (operation, key, fingerprint) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    params,
  );
  const { rows } = await db.query<{ same: boolean; response: Response | null }>(
    'SELECT fingerprint = $3 AS same, response FROM idempotency_keys WHERE operation = $1 AND key = $2',
    params,
  );
  if (!rows[0]?.same) throw new DomainError('key-reused', `The key was used for another ${call.operation}.`);
  return rows[0].response ?? undefined;
}

/** Records the result under the key. The first recorded result stays. */
export async function recordResponse(db: Queryable, call: KeyedCall, response: unknown): Promise<void> {
  await db.query('UPDATE idempotency_keys SET response = $3 WHERE operation = $1 AND key = $2 AND response IS NULL', [
    call.operation,
    call.key,
    JSON.stringify(response),
  ]);
}

/**
 * Does work once for each key, for effects in the service's own database. It claims the key, does the work and records
 * the result in the caller's transaction.
 */
export async function once<Response>(tx: Queryable, call: KeyedCall, work: () => Promise<Response>): Promise<Response> {
  const recorded = await claimKey<Response>(tx, call);
  if (recorded !== undefined) return recorded;
  const response = await work();
  await recordResponse(tx, call, response);
  return response;
}

/**
 * Much longer than a caller may repeat a call, because after that a repeated call would have a second effect. Callers
 * repeat a call until somebody ends it by hand, and alerts ring from the first minutes on.
 */
const keptDays = 90;

/**
 * Deletes the keys of calls that were made 90 days ago. Those without a recorded response are of calls that failed and
 * were not repeated, such as those that the acquirer refused: no call is in flight for so long.
 * @returns the number of deleted keys
 */
export async function purgeKeys(db: Queryable): Promise<number> {
  let deleted = 0;
  // Two statements, because each reads its own index.
  for (const answered of ['IS NOT NULL', 'IS NULL']) {
    deleted += await deleteInBatches(
      db,
      'idempotency_keys',
      'ctid',
      `SELECT ctid FROM idempotency_keys
       WHERE response ${answered} AND created_at < now() - interval '${keptDays} days'`,
    );
  }
  return deleted;
}

export const keysRetention = {
  kind: 'purged',
  kept: `${keptDays} days after the call`,
  purge: purgeKeys,
} as const satisfies Retention;
