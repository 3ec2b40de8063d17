import { expect, test } from 'vitest';
import { effectivePolicy } from '../testing/effective-policy.ts';
import { connectFitsAttempt, partnerConnectsInTime } from './connects.ts';
import type { EffectivePolicy } from './effective-policy.ts';

const connecting = (connectTimeoutMs: number | null, change: Partial<EffectivePolicy> = {}) =>
  effectivePolicy({
    pool: { connectTimeoutMs, maxConnections: null, maxRequests: null, maxPendingRequests: null },
    ...change,
  });

test("a partner's TLS handshake must fit the time to connect; the next pod is near", () => {
  expect(partnerConnectsInTime(connecting(999, { external: true }))).toMatchObject([
    { subject: 'a->b', value: 'pool.connectTimeoutMs = 999', message: expect.stringContaining('Use at least 1000.') },
  ]);
  expect(partnerConnectsInTime(connecting(1_000, { external: true }))).toEqual([]);
  expect(partnerConnectsInTime(connecting(null, { external: true }))).toEqual([]);
  expect(partnerConnectsInTime(connecting(50))).toEqual([]);
});

test('a time to connect that no attempt lasts for has no effect', () => {
  expect(connectFitsAttempt(connecting(999))).toEqual([]);
  expect(connectFitsAttempt(connecting(1_000))).toMatchObject([
    { subject: 'a->b.Ask', value: 'pool.connectTimeoutMs = 1000', message: expect.stringContaining('less than 1000') },
  ]);
  expect(connectFitsAttempt(connecting(300, { perTryTimeoutMs: 301 }))).toEqual([]);
  expect(connectFitsAttempt(connecting(300, { perTryTimeoutMs: 300 }))).toHaveLength(1);
  expect(connectFitsAttempt(connecting(300, { timeoutMs: null }))).toEqual([]);
});
