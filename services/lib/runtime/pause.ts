import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for so long, or until the signal says that it is over. Does not throw. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}
