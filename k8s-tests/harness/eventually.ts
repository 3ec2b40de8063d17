import { setTimeout as sleep } from 'node:timers/promises';
import { pollUntil } from '../../cluster/poll.ts';

export interface EventuallyOptions {
  /** @default 30_000 */
  readonly timeoutMs?: number;
  /** The pause between two attempts. @default 200 */
  readonly intervalMs?: number;
}

/**
 * Repeats the attempt until it does not throw, and returns its value. After the timeout it rejects with the number of
 * attempts and the last error, so that the failure states its reason.
 */
export function eventually<T>(attempt: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 30_000, intervalMs = 200 } = options;
  return pollUntil(attempt, { timeoutMs, intervalMs });
}

export interface ConsistentlyOptions {
  readonly durationMs: number;
  /** The pause between two attempts. @default 200 */
  readonly intervalMs?: number;
}

/** Requires that every attempt succeeds for the whole duration. */
export async function consistently(attempt: () => unknown, options: ConsistentlyOptions): Promise<void> {
  const { durationMs, intervalMs = 200 } = options;
  const startedAt = performance.now();
  for (let count = 1; ; count++) {
    try {
      await attempt();
    } catch (error) {
      const elapsedMs = Math.round(performance.now() - startedAt);
      throw new Error(`held for ${count - 1} attempts, failed after ${elapsedMs} ms: ${messageOf(error)}`, {
        cause: error,
      });
    }
    if (performance.now() - startedAt >= durationMs) return;
    await sleep(intervalMs);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
