/** The lease of something that another worker may take over once the lease has ended. */
export interface Lease {
  /** How long it lasts after each renewal, in milliseconds. */
  readonly leaseMs: number;
  /**
   * Lets it begin again now.
   * @returns false if another worker has taken it over
   */
  renew(): Promise<boolean>;
}

/** Another worker has it now, or may have it: this worker may no longer write. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/**
 * Works under a lease and renews it meanwhile, so that work may take longer than the lease. A renewal that fails is
 * repeated. If none succeeds in time, the work is given up before the lease ends. It does not begin if the lease is half
 * over: the answer to the claim came late.
 *
 * @param work ends what it has begun when its signal aborts; after that its result is ignored
 * @param leasedAt performance.now() before the lease began or was last renewed
 * @throws LeaseLost; otherwise what `work` throws
 */
export async function whileLeased<T>(
  { leaseMs, renew }: Lease,
  work: (lost: AbortSignal) => Promise<T>,
  leasedAt: number = performance.now(),
): Promise<T> {
  if (performance.now() - leasedAt > leaseMs / 2) throw new LeaseLost('Too much of the lease is over.');
  const lost = new AbortController();
  const lose = (why: string) => lost.abort(new LeaseLost(why));
  let renewedAt = leasedAt;
  let isRenewing = false;
  const renewOnce = async () => {
    isRenewing = true;
    const startedAt = performance.now();
    // Without an answer, the lease lasts as long as it did before.
    const isMine = await renew().catch(() => undefined);
    if (isMine === false) lose('Another worker has taken over.');
    if (isMine) renewedAt = startedAt;
    isRenewing = false;
  };
  // The last fifth of the lease is the margin: the timer may be late, and so may what the signal ends.
  const timer = setInterval(() => {
    if (performance.now() - renewedAt > (leaseMs * 3) / 5) lose('It could not be renewed.');
    else if (!isRenewing) void renewOnce();
  }, leaseMs / 5);
  try {
    return await Promise.race([work(lost.signal), rejectOnAbort(lost.signal)]);
  } finally {
    clearInterval(timer);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
