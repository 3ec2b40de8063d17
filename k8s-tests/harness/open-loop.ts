import { pause } from '../../services/lib/runtime/timing.ts';

export interface OpenLoopOptions {
  /** The start of each call, in ms from the start of the loop, in ascending order. The sequence may be infinite. */
  readonly dueMs: Iterable<number>;
  /** The limit of concurrent calls. A call above it is skipped. */
  readonly maxInFlight: number;
  /** Ends the loop, which still waits for the calls in progress. */
  readonly signal: AbortSignal;
  /** Makes the n-th call. Never rejects. */
  readonly call: (n: number, dueMs: number) => Promise<void>;
  /** Called instead of `call` for the n-th call if it is skipped. */
  readonly skip: (n: number, dueMs: number) => void;
}

/**
 * Runs an open-loop load: it makes every call once and on time, regardless of earlier calls, so that an outage causes
 * as many failures as clients would see.
 *
 * @returns once the loop has ended and the last call has its response
 */
export async function runOpenLoop({ dueMs, maxInFlight, signal, call, skip }: OpenLoopOptions): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  const startedAt = performance.now();
  let n = 0;
  for (const due of dueMs) {
    const pauseMs = startedAt + due - performance.now();
    if (pauseMs > 0) await pause(pauseMs, signal);
    if (signal.aborted) break;
    if (inFlight.size >= maxInFlight) skip(n, due);
    else {
      const one = call(n, due).finally(() => inFlight.delete(one));
      inFlight.add(one);
    }
    n++;
  }
  await Promise.all(inFlight);
}
