import type { Log } from '../observability/log.ts';

/** How often what is no longer kept is forgotten. */
export const purgeIntervalMs = 10 * 60_000;

/** Does a piece of housekeeping now and then; a failure is logged, and the next time comes. @returns stops it */
export function periodically(intervalMs: number, what: string, work: () => Promise<unknown>, log: Log): () => void {
  const timer = setInterval(
    () => void work().catch((err: unknown) => log.warn({ err }, `${what}: not done`)),
    intervalMs,
  );
  return () => clearInterval(timer);
}
