import { describe, expect, it } from 'vitest';
import { policyOfEnvoyRoute, policyOfHttpRoute } from './route-policy.ts';

describe('the policy of a route', () => {
  it('reads the same from a VirtualService and from Envoy', () => {
    const source = policyOfHttpRoute({ timeout: '300ms', retries: { attempts: 2 } });
    const live = policyOfEnvoyRoute({ route: { timeout: '0.300s', retry_policy: { num_retries: 2 } } });
    expect(source).toEqual({ timeoutMs: 300, attempts: 2 });
    expect(live).toEqual(source);
  });

  it('is no timeout and no retry where nothing is stated', () => {
    expect(policyOfHttpRoute({})).toEqual({ timeoutMs: 0, attempts: 0 });
    expect(policyOfEnvoyRoute({ route: { timeout: '0s' } })).toEqual({ timeoutMs: 0, attempts: 0 });
  });

  it('rejects what is not a duration, quoting it', () => {
    expect(() => policyOfHttpRoute({ timeout: 'soon' })).toThrow('"soon"');
  });
});
