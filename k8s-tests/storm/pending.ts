import type { FaultRunResult } from './fault-run.ts';
import { troubledCards } from './order-mix.ts';

/** How many of the accepted orders were pending, because inventory or payments did not answer in time. */
export interface PendingShare {
  readonly accepted: number;
  readonly pending: number;
}

/** The targets that a customer waits for. */
const onCustomersPath: ReadonlySet<string> = new Set([
  ...['orders', 'inventory', 'payments'].flatMap((name) => [name, `${name}'s sidecar`]),
  ...['postgres', 'orders|postgres', 'payments|acquirer'],
]);
const isOnPath = (target: string): boolean =>
  onCustomersPath.has(target) || /^(acquirer|postgres of (orders|inventory|payments)) /.test(target);

/** After a fault a breaker may stay open for 10 s, and a pod takes some time to start. */
const afterFaultMs = 15_000;

/**
 * Counts the orders that were placed during a fault on the customer's path or soon after it, those of the others whose
 * card the partner does not answer in time, and the rest, of which hardly any should be pending.
 */
export function pendingShares({
  loadStartedAt,
  calls,
  faults,
}: Pick<FaultRunResult, 'loadStartedAt' | 'calls' | 'faults'>): {
  readonly inside: PendingShare;
  readonly troubledCards: PendingShare;
  readonly outside: PendingShare;
} {
  const windows = faults
    .filter(({ target }) => isOnPath(target))
    .map(({ startedAt, endedAt }) => [Date.parse(startedAt), Date.parse(endedAt) + afterFaultMs] as const);
  const isInside = (atMs: number): boolean => {
    const at = Date.parse(loadStartedAt) + atMs;
    return windows.some(([from, to]) => from <= at && at <= to);
  };
  const accepted = calls.filter(({ status }) => status === 201 || status === 202);
  const shareOf = (orders: typeof accepted): PendingShare => ({
    accepted: orders.length,
    pending: orders.filter(({ status }) => status === 202).length,
  });
  const others = accepted.filter(({ atMs }) => !isInside(atMs));
  return {
    inside: shareOf(accepted.filter(({ atMs }) => isInside(atMs))),
    troubledCards: shareOf(others.filter(({ paymentToken }) => troubledCards.has(paymentToken))),
    outside: shareOf(others.filter(({ paymentToken }) => !troubledCards.has(paymentToken))),
  };
}

export function formatPending({ accepted, pending }: PendingShare): string {
  return accepted === 0 ? 'none' : `${pending} of ${accepted} (${((100 * pending) / accepted).toFixed(1)} %)`;
}
