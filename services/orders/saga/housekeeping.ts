import { purgeOutbox } from '../../lib/messaging/outbox.ts';
import type { Log } from '../../lib/observability/log.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import { periodically, purgeIntervalMs } from '../../lib/runtime/timing.ts';
import { purgeOrderKeys } from '../store/idempotency-keys.ts';
import { reverseAbandonedPayments } from './abandoned-payments.ts';
import type { AuthorizeCall, ReverseCall } from './payment-calls.ts';

const sweepIntervalMs = 5_000;

/** What is done now and then: what is old forgotten, abandoned payments given back. @returns stops it */
export function keepHouse({
  database,
  payments,
  log,
}: {
  database: Queryable;
  payments: AuthorizeCall & ReverseCall;
  log: Log;
}): () => void {
  const stops = [
    periodically(purgeIntervalMs, 'purging old keys', () => purgeOrderKeys(database), log),
    periodically(purgeIntervalMs, 'purging the outbox', () => purgeOutbox(database), log),
    periodically(
      sweepIntervalMs,
      'reversing abandoned payments',
      () => reverseAbandonedPayments(database, payments, log),
      log,
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
