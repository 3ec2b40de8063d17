import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { whileLeased } from './lease.ts';

const work = (ms: number) => (lost: AbortSignal) => sleep(ms, 'done', { signal: lost });

test('work that takes longer than its lease is done, because the lease is renewed', async () => {
  let renewals = 0;
  const renew = async () => Boolean(++renewals);
  expect(await whileLeased({ leaseMs: 50, renew }, work(200))).toBe('done');
  expect(renewals).toBeGreaterThanOrEqual(3);
  await sleep(50);
  const after = renewals;
  await sleep(50);
  expect(renewals, 'no renewal after the end').toBe(after);
});

test('work ends at once when another worker has taken over', async () => {
  let signal: AbortSignal | undefined;
  const working = whileLeased({ leaseMs: 50, renew: async () => false }, (lost) => {
    signal = lost;
    return sleep(5_000, undefined, { ref: false });
  });
  await expect(working).rejects.toMatchObject({ name: 'LeaseLost' });
  expect(signal?.aborted).toBe(true);
});

test.each([
  ['fails', () => Promise.reject(new Error('no database'))],
  ['hangs', () => new Promise<boolean>(() => {})],
])('work ends before its lease does if each renewal %s', async (_, renew) => {
  const startedAt = performance.now();
  await expect(whileLeased({ leaseMs: 200, renew }, work(5_000))).rejects.toMatchObject({ name: 'LeaseLost' });
  expect(performance.now() - startedAt).toBeLessThan(200);
});

test('work does not begin if its lease is half over', async () => {
  let begun = 0;
  const begin = async () => ++begun;
  const lease = { leaseMs: 1_000, renew: async () => true };
  await expect(whileLeased(lease, begin, performance.now() - 501)).rejects.toMatchObject({ name: 'LeaseLost' });
  expect(begun).toBe(0);
  expect(await whileLeased(lease, begin, performance.now() - 400)).toBe(1);
});

test('one renewal that fails does not end the work', async () => {
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    if (renewals % 2 === 1) throw new Error('no database');
    return true;
  };
  expect(await whileLeased({ leaseMs: 100, renew }, work(300))).toBe('done');
});

test('an error of the work is thrown as it is', async () => {
  const failing = whileLeased({ leaseMs: 50, renew: async () => true }, () => Promise.reject(new Error('no answer')));
  await expect(failing).rejects.toThrow('no answer');
});
