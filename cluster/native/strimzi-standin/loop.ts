/**
 * How long a burst of changes is collected, how soon a failed pass is repeated, and how often a pass runs without
 * changes.
 */
export interface LoopTimes {
  readonly settleMs: number;
  readonly retryMs: number;
  readonly resyncMs: number;
}

export interface Loop {
  /** Reports a change. A pass starts after `settleMs`. */
  readonly changed: () => void;
  /** Reports a failure. A pass starts after `retryMs`, unless one starts sooner. */
  readonly failed: () => void;
  /** Ends the loop after the current pass. */
  readonly stop: () => Promise<void>;
}

/** Runs `pass` after every change and at least every `resyncMs`, never two at a time. `pass` must not throw. */
export function startLoop(pass: () => Promise<void>, { settleMs, retryMs, resyncMs }: LoopTimes): Loop {
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let running = Promise.resolve();
  let isRunning = false;
  let stopped = false;

  const schedule = (delayMs: number): void => {
    const at = Date.now() + delayMs;
    if (stopped || at >= dueAt) return;
    dueAt = at;
    clearTimeout(timer);
    if (!isRunning) timer = setTimeout(run, delayMs);
  };
  const run = (): void => {
    dueAt = Number.POSITIVE_INFINITY;
    isRunning = true;
    running = pass().finally(() => {
      isRunning = false;
      const wait = Math.min(resyncMs, dueAt - Date.now());
      dueAt = Number.POSITIVE_INFINITY;
      schedule(Math.max(0, wait));
    });
  };

  schedule(0);
  return {
    changed: () => schedule(settleMs),
    failed: () => schedule(retryMs),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
