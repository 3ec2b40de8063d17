import { expect, test, vi } from 'vitest';
import { PollPause } from './poll-pause.ts';

/** A database that only reports commits. */
function commits() {
  const listeners = new Set<() => void>();
  return {
    commit: () => {
      for (const listener of listeners) listener();
    },
    listeners,
    onCommit(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Runs the pauses one after the other.
 * @returns the number of pauses that have ended
 */
function pauses(pause: PollPause, count: number): () => number {
  let over = 0;
  void (async () => {
    for (; over < count; over++) await pause.wait(100);
  })();
  return () => over;
}

test('without a commit a pause lasts its full time', async () => {
  vi.useFakeTimers();
  const over = pauses(new PollPause(commits()), 1);
  await vi.advanceTimersByTimeAsync(99);
  expect(over()).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(over()).toBe(1);
  vi.useRealTimers();
});

test('a commit ends the current pause and no later one', async () => {
  vi.useFakeTimers();
  const database = commits();
  const over = pauses(new PollPause(database), 2);
  database.commit();
  await vi.advanceTimersByTimeAsync(0);
  expect(over()).toBe(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(over()).toBe(2);
  vi.useRealTimers();
});

test('a commit before a pause ends it at once, because the last poll may have missed the commit', async () => {
  vi.useFakeTimers();
  const database = commits();
  const pause = new PollPause(database);
  database.commit();
  const over = pauses(pause, 2);
  await vi.advanceTimersByTimeAsync(0);
  expect(over()).toBe(1);
  vi.useRealTimers();
});

test('stopping ends the pause and removes the listener', async () => {
  const database = commits();
  const pause = new PollPause(database);
  const waiting = pause.wait(60_000);
  pause.stop();
  await waiting;
  expect(database.listeners.size).toBe(0);
});
