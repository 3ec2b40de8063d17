import type { Problem } from '../model/problem.ts';
import type { EffectivePolicy } from './effective-policy.ts';

/**
 * A proxy's time to connect includes the TLS handshake, which is one round trip for TCP and up to two for TLS, and the
 * partner's own work for it. At 100 ms per round trip, that is 300 ms without any loss; one lost packet adds a second.
 */
const PARTNER_CONNECT_MS = 1_000;

/** To a partner's host it is further than to the next pod. */
export function partnerConnectsInTime({ caller, callee, external, pool }: EffectivePolicy): Problem[] {
  const { connectTimeoutMs } = pool;
  if (!external || connectTimeoutMs === null || !(connectTimeoutMs < PARTNER_CONNECT_MS)) return [];
  return [
    {
      subject: `${caller}->${callee}`,
      value: `pool.connectTimeoutMs = ${connectTimeoutMs}`,
      rule: 'partner-connects-in-time',
      message: `the partner's host is outside of the cluster, and the time includes its TLS handshake: three round trips of 100 ms, and a second for a lost packet. Use at least ${PARTNER_CONNECT_MS}.`,
    },
  ];
}

/** A time to connect that is longer than an attempt never ends one, so connect-failure would never hold for it. */
export function connectFitsAttempt({ id, pool, timeoutMs, perTryTimeoutMs }: EffectivePolicy): Problem[] {
  const attemptMs = Math.min(perTryTimeoutMs ?? Number.POSITIVE_INFINITY, timeoutMs ?? Number.POSITIVE_INFINITY);
  const { connectTimeoutMs } = pool;
  if (connectTimeoutMs === null || !(connectTimeoutMs >= attemptMs)) return [];
  return [
    {
      subject: id,
      value: `pool.connectTimeoutMs = ${connectTimeoutMs}`,
      rule: 'connect-fits-attempt',
      message: `an attempt ends after ${attemptMs} ms, so this never takes effect: use less than ${attemptMs}.`,
    },
  ];
}
