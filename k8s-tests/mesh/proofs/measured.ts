import { it } from 'vitest';

export interface Measured {
  /** Measures what this test is about, apart from the others. */
  readonly measureAgain: () => Promise<void>;
  readonly judge: () => void;
  readonly timeoutMs: number;
}

/** A test of what was measured for all tests at once. Its second try, on a machine that stalls, has something new to judge. */
export function itMeasured(title: string, { measureAgain, judge, timeoutMs }: Measured): void {
  let isFirst = true;
  const run = async () => {
    if (!isFirst) await measureAgain();
    isFirst = false;
    judge();
  };
  it(title, run, timeoutMs);
}
