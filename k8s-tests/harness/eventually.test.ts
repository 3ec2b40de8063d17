import { describe, expect, it } from 'vitest';
import { consistently, eventually } from './eventually.ts';

/** Fails as often as told, then succeeds. */
function failing(times: number): () => string {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls <= times) throw new Error(`not yet (${calls})`);
    return 'done';
  };
}

describe('eventually', () => {
  it('gives the first value that does not throw', async () => {
    expect(await eventually(failing(2), { timeoutMs: 1_000, intervalMs: 1 })).toBe('done');
  });

  it('fails with the last error and the number of attempts', async () => {
    await expect(eventually(failing(100), { timeoutMs: 20, intervalMs: 9 })).rejects.toThrow(
      /after [2-9] attempts .*not yet \([2-9]\)/,
    );
  });
});

describe('consistently', () => {
  it('accepts a condition that holds for the whole duration', async () => {
    await consistently(failing(0), { durationMs: 10, intervalMs: 1 });
  });

  it('fails at the first failed attempt and states how long the condition held', async () => {
    await expect(consistently(failing(1), { durationMs: 10 })).rejects.toThrow(/held for 0 attempts.*not yet \(1\)/);
  });
});
