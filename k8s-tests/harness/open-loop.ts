import { pause } from '../../services/lib/runtime/timing.ts';

export interface OpenLoopOptions {
  /** When each call is due, in ms from the start, in order. It may never end. */
  readonly dueMs: Iterable<number>;
  /** Calls under way at once; one more than that is skipped. */
  readonly maxInFlight: number;
  /** Ends the loop; calls under way are still awaited. */
  readonly signal: AbortSignal;
  /** Makes the n-th call. Never rejects. */
  readonly call: (n: number, dueMs: number) => Promise<void>;
  /** Is told of the n-th call instead, if too many are under way. */
  readonly skip: (n: number, dueMs: number) => void;
}

/**
 * Open-loop load: every call is made when it is due and once, whatever became of those before it, so that an outage shows in
 * as many failures as clients would have seen.
 *
 * @returns once the loop has ended and the last call is answered
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
