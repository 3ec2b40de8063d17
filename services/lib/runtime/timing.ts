import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../observability/log.ts';

/** Waits `ms` milliseconds, or until the signal aborts. Does not throw. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** A pause that doubles with each consecutive failure. */
interface BackOff {
  readonly firstMs: number;
  /** @default no limit */
  readonly maxMs?: number;
}

/** @param failures consecutive failures so far, from 1 */
export function backOffMs({ firstMs, maxMs = Number.POSITIVE_INFINITY }: BackOff, failures: number): number {
  return Math.min(firstMs * 2 ** (failures - 1), maxMs);
}

/** The interval at which services delete rows that are past their retention. */
export const purgeIntervalMs = 10 * 60_000;

/**
 * Runs a housekeeping task at an interval, but not while its last run goes on. A failure is logged and does not stop
 * later runs.
 * @returns stops it
 */
export function periodically(intervalMs: number, task: string, run: () => Promise<unknown>, log: Log): () => void {
  let isRunning = false;
  const runOnce = async () => {
    if (isRunning) return;
    isRunning = true;
    await run().catch((err: unknown) => log.warn({ err }, `housekeeping task failed: ${task}`));
    isRunning = false;
  };
  const timer = setInterval(() => void runOnce(), intervalMs);
  return () => clearInterval(timer);
}
