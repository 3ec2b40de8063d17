import type { Log } from '../../lib/log/log.ts';
import type { Queryable } from '../../lib/postgres/database.ts';
import { reverseAbandonedPayments } from '../abandoned-payments.ts';
import { purgeOrderKeys } from '../idempotency-keys.ts';
import type { AuthorizeCall, ReverseCall } from '../payment-calls.ts';

const purgeIntervalMs = 10 * 60_000;
const sweepIntervalMs = 5_000;

/** What is done now and then: old idempotency keys forgotten, abandoned payments given back. @returns stops it */
export function keepHouse({
  database,
  payments,
  log,
}: {
  database: Queryable;
  payments: AuthorizeCall & ReverseCall;
  log: Log;
}): () => void {
  const every = (intervalMs: number, what: string, work: () => Promise<void>) =>
    setInterval(() => void work().catch((err: unknown) => log.warn({ err }, `${what}: not done`)), intervalMs);
  const timers = [
    every(purgeIntervalMs, 'purging old keys', () => purgeOrderKeys(database)),
    every(sweepIntervalMs, 'reversing abandoned payments', () => reverseAbandonedPayments(database, payments, log)),
  ];
  return () => timers.forEach(clearInterval);
}
