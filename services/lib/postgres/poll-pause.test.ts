import { expect, test, vi } from 'vitest';
import { PollPause } from './poll-pause.ts';

/** A database of which only the commits matter here. */
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

/** Runs the pauses one after the other on a clock of our own. @returns how many are over */
function pauses(pause: PollPause, count: number): () => number {
  let over = 0;
  void (async () => {
    for (; over < count; over++) await pause.wait(100);
  })();
  return () => over;
}

test('a pause lasts its time', async () => {
  vi.useFakeTimers();
  const over = pauses(new PollPause(commits()), 1);
  await vi.advanceTimersByTimeAsync(99);
  expect(over()).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(over()).toBe(1);
  vi.useRealTimers();
});

test('a commit ends the pause that lasts, and only that one', async () => {
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

test('a commit before the pause ends it at once: the poll may have been too early to see it', async () => {
  vi.useFakeTimers();
  const database = commits();
  const pause = new PollPause(database);
  database.commit();
  const over = pauses(pause, 2);
  await vi.advanceTimersByTimeAsync(0);
  expect(over()).toBe(1);
  vi.useRealTimers();
});

test('stopping ends the pause and listens no more', async () => {
  const database = commits();
  const pause = new PollPause(database);
  const waiting = pause.wait(60_000);
  pause.stop();
  await waiting;
  expect(database.listeners.size).toBe(0);
});
