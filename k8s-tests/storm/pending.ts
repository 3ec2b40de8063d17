import type { FaultRunResult } from './fault-run.ts';

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

/** Counts the orders that were placed during a fault on the customer's path or soon after it, and the others. */
export function pendingShares({
  loadStartedAt,
  calls,
  faults,
}: Pick<FaultRunResult, 'loadStartedAt' | 'calls' | 'faults'>): {
  readonly inside: PendingShare;
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
  const shareOf = (inside: boolean): PendingShare => {
    const chosen = accepted.filter(({ atMs }) => isInside(atMs) === inside);
    return { accepted: chosen.length, pending: chosen.filter(({ status }) => status === 202).length };
  };
  return { inside: shareOf(true), outside: shareOf(false) };
}

export function formatPending({ accepted, pending }: PendingShare): string {
  return accepted === 0 ? 'none' : `${pending} of ${accepted} (${((100 * pending) / accepted).toFixed(1)} %)`;
}
