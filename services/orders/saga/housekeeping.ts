import type { Log } from '../../lib/observability/log.ts';
import type { Database } from '../../lib/postgres/database.ts';
import { type Retentions, startPurging } from '../../lib/postgres/retention.ts';
import { periodically, purgeIntervalMs } from '../../lib/runtime/timing.ts';
import { resealTokens } from '../tokens/reseal-tokens.ts';
import type { TokenVault } from '../tokens/token-vault.ts';
import { reverseAbandonedPayments } from './abandoned-payments.ts';
import { askFulfillmentAgain } from './ask-again.ts';
import type { AuthorizeCall, ReverseCall } from './payment-calls.ts';
import { repeatStockCalls } from './repeat-calls.ts';
import type { Partners } from './step.ts';

const sweepIntervalMs = 5_000;

/**
 * Periodically deletes expired rows, reverses abandoned payments, repeats stock calls for operators, and asks
 * fulfillment again about orders that wait.
 * @returns stops it
 */
export function startHousekeeping({
  database,
  inventory,
  payments,
  vault,
  retentions,
  log,
}: {
  database: Database;
  inventory: Partners['inventory'];
  payments: AuthorizeCall & ReverseCall;
  vault: TokenVault;
  retentions: Retentions;
  log: Log;
}): () => void {
  const stops = [
    startPurging(database, retentions, log),
    periodically(purgeIntervalMs, 'encrypt payment tokens again', () => resealTokens(database, vault, log), log),
    periodically(
      sweepIntervalMs,
      'reverse abandoned payments',
      () => reverseAbandonedPayments(database, payments, log),
      log,
    ),
    periodically(sweepIntervalMs, 'ask fulfillment again', () => askFulfillmentAgain(database, log), log),
    periodically(sweepIntervalMs, 'repeat stock calls', () => repeatStockCalls(database, inventory, log), log),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
