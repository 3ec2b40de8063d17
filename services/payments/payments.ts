import { join } from 'node:path';
import type { Database, Queryable } from '../lib/postgres/database.ts';
import { claimKey, type KeyedCall, recordResponse } from '../lib/postgres/idempotency.ts';
import { DomainError } from '../lib/runtime/domain-error.ts';
import type { AcquirerClient, AuthorizationRequest, AuthorizationResult } from './acquirer-client.ts';

/** payments keeps results by key; the effects themselves are in the acquirer's ledger. */
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
 * Answers from the record, else asks the acquirer and records its answer. No transaction is open meanwhile: a try that
 * comes while another one of its key is under way asks the acquirer, too, which knows the key and charges once.
 */
async function recorded<Result>(database: Database, call: KeyedCall, ask: () => Promise<Result>): Promise<Result> {
  const known = await claimKey<Result>(database, call);
  if (known !== undefined) return known;
  const result = await ask();
  await recordResponse(database, call, result).catch((error: unknown) => {
    // The money has moved: this must not become UNAVAILABLE.
    throw new DomainError('outcome-unknown', 'The result could not be recorded.', error);
  });
  return result;
}

export async function resetPayments(db: Queryable): Promise<void> {
  await db.query('TRUNCATE idempotency_keys');
}
