import { it } from 'vitest';

export interface Measured {
  /** Measures again for this test alone. */
  readonly measureAgain: () => Promise<void>;
  readonly judge: () => void;
  readonly timeoutMs: number;
}

/**
 * A test that judges a measurement made for all tests at once. If Vitest runs it again, for example because the machine
 * stalled, it measures again first.
 */
export function itMeasured(title: string, { measureAgain, judge, timeoutMs }: Measured): void {
  let isFirst = true;
  const run = async () => {
    if (!isFirst) await measureAgain();
    isFirst = false;
    judge();
  };
  it(title, run, timeoutMs);
}
