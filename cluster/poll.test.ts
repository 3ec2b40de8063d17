import { expect, test } from 'vitest';
import { pollUntil } from './poll.ts';
import { CommandError } from './run.ts';

/** An attempt that fails the given number of times, each time with another message. */
function failing(times: number) {
  let attempts = 0;
  return async () => {
    if (++attempts <= times) throw new Error(`reason ${attempts}`);
    return attempts;
  };
}

test('an attempt is repeated until it resolves', async () => {
  expect(await pollUntil(failing(3), { timeoutMs: 5_000, intervalMs: 1 })).toBe(4);
});

test('after the timeout the error has the message of the last attempt', async () => {
  const polling = pollUntil(failing(1_000), { timeoutMs: 20, intervalMs: 5 });
  await expect(polling).rejects.toThrow(/^still failing after \d+ attempts in \d+ ms: reason \d+$/);
  await expect(polling).rejects.toBeInstanceOf(CommandError);
});

test('the caller may word the error', async () => {
  const failure = async (last: string) => `the node did not come up; ${last}`;
  const polling = pollUntil(failing(1_000), { timeoutMs: 0, intervalMs: 1, failure });
  await expect(polling).rejects.toThrow('the node did not come up; reason 1');
});

test('a hopeless attempt is not repeated', async () => {
  const polling = pollUntil(failing(1_000), { timeoutMs: 60_000, intervalMs: 1, isHopeless: () => true });
  await expect(polling).rejects.toThrow('after 1 attempts');
});
