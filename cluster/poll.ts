import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from './run.ts';

export interface PollOptions {
  readonly timeoutMs: number;
  /** Pause between two attempts. */
  readonly intervalMs: number;
  /**
   * The error's message, made from the last attempt's. Default: the number of attempts, their time, and the last
   * message.
   */
  readonly failure?: (last: string) => string | Promise<string>;
  /** Asked after each failed attempt. True ends the polling before its time. Default: never. */
  readonly isHopeless?: () => boolean;
}

/**
 * Repeats an attempt until it resolves, and returns its value. An attempt's error says what is still missing.
 * @throws CommandError once the time is over, with the last attempt's error as its cause
 */
export async function pollUntil<T>(attempt: () => Promise<T> | T, options: PollOptions): Promise<T> {
  const { timeoutMs, intervalMs, isHopeless = () => false } = options;
  const startedAt = performance.now();
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs + intervalMs > timeoutMs || isHopeless()) {
        const last = error instanceof Error ? error.message : String(error);
        const standard = `still failing after ${attempts} attempts in ${Math.round(elapsedMs)} ms: ${last}`;
        throw new CommandError((await options.failure?.(last)) ?? standard, { cause: error });
      }
    }
    await sleep(intervalMs);
  }
}
