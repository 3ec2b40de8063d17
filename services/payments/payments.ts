import { join } from 'node:path';
import type { Database, Queryable } from '../lib/postgres/database.ts';
import { claimKey, type KeyedCall, recordResponse } from '../lib/postgres/idempotency.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';
import type { AcquirerClient, AuthorizationRequest, AuthorizationResult } from './acquirer-client.ts';

/** The schema of payments: results by key. The effects themselves are in the acquirer's ledger. */
export const migrations = join(import.meta.dirname, 'migrations');

export interface PaymentOperations {
  authorize(key: string, request: AuthorizationRequest): Promise<AuthorizationResult>;
  settle(kind: 'captures' | 'reversals', key: string, authorizationId: string): Promise<string>;
}

export function createPayments(database: Database, acquirer: AcquirerClient): PaymentOperations {
  return {
    authorize: (key, request) =>
      recorded(database, { operation: 'Authorize', key, request }, () => acquirer.authorize(key, request)),
    settle: (kind, key, authorizationId) =>
      recorded(database, { operation: kind, key, request: { authorizationId } }, () =>
        acquirer.settle(kind, key, authorizationId),
      ),
  };
}

/**
 * Returns the recorded result of the key, or asks the acquirer and records its answer. No transaction is open during
 * the call, so a concurrent attempt with the same key also asks the acquirer, which knows the key and charges once.
 */
async function recorded<Result>(database: Database, call: KeyedCall, ask: () => Promise<Result>): Promise<Result> {
  const known = await claimKey<Result>(database, call);
  if (known !== undefined) return known;
  const result = await ask();
  await recordResponse(database, call, result).catch((error: unknown) => {
    // The money may have moved, so this must not become UNAVAILABLE.
    throw new DomainError('outcome-unknown', 'The result could not be recorded.', error);
  });
  return result;
}

export async function resetPayments(db: Queryable): Promise<void> {
  await db.query('TRUNCATE idempotency_keys');
}
