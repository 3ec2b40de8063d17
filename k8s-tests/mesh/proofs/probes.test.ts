import { describe, expect, it } from 'vitest';
import type { Dependency } from '../../../cdk8s/model/dependencies.ts';
import type { RetryOn, RpcPolicy } from '../../../cdk8s/model/policy.ts';
import { dependencyPolicy, exampleTopology, neverRetried } from '../../../cdk8s/testing/example.ts';
import { type Probe, probesOf } from './probes.ts';
import { packRounds } from './rounds.ts';

const retries = {
  kind: 'on',
  conditions: ['unavailable', 'connect-failure', 'reset', 'deadline-exceeded'],
  attempts: 2,
  perTryTimeoutMs: 200,
  backoffMs: 10,
} as const satisfies RetryOn;

function dependencyWith(rpcPolicy: Partial<RpcPolicy>, callee: 'b' | 'bank' = 'b'): Dependency {
  const rpc = { path: '/b.v1.B/Ask', calls: [], ratePerSecond: 5, why: '' };
  const call = { id: 'a->b.Ask', name: 'Ask', rpc, policy: { ...neverRetried, timeoutMs: 1_000, ...rpcPolicy } };
  const service = exampleTopology.services[callee];
  const { decision } = exampleTopology.interactions[1];
  const policy = dependencyPolicy({ Ask: call.policy });
  return { id: `a->${callee}`, caller: 'a', callee, service, decision, policy, rpcs: [call] };
}

function probesWith(policy: Partial<RpcPolicy>, endpoints = 1, callee?: 'bank'): readonly Probe[] {
  const dependency = dependencyWith(policy, callee);
  return dependency.rpcs.flatMap((call) => probesOf(dependency, call, endpoints));
}

const summarize = (probes: readonly Probe[]) =>
  probes.map(({ fault, outcome, requests }) => [
    fault.status ?? 'slow',
    fault.failFirst ?? 'always',
    outcome,
    requests.max,
  ]);

describe('the probes of an RPC', () => {
  it('expect a single attempt of an RPC that is never retried, even if it fails with UNAVAILABLE', () => {
    expect(summarize(probesWith({}))).toEqual([
      ['UNAVAILABLE', 'always', 'failed', 1],
      ['slow', 'always', 'failed', 1],
    ]);
  });

  it('expect a retry on every stated condition that a status can show, and on no other', () => {
    expect(summarize(probesWith({ retries: { ...retries, perTryTimeoutMs: 'rest-of-timeout' } }))).toEqual([
      ['UNAVAILABLE', 2, 'answered', 3],
      ['UNAVAILABLE', 'always', 'failed', 3],
      ['DEADLINE_EXCEEDED', 2, 'answered', 3],
      ['DEADLINE_EXCEEDED', 'always', 'failed', 3],
      ['INTERNAL', 'always', 'failed', 1],
      ['slow', 'always', 'failed', 1],
    ]);
  });

  it('expect slow attempts to time out and to be retried within the time that the pauses allow', () => {
    const [once, always] = probesWith({ retries }).slice(-2);
    expect([once?.requests.max, once?.durationMs?.(2)]).toEqual([2, { min: 200, max: 210 }]);
    expect([always?.requests.max, always?.durationMs?.(3)]).toEqual([3, { min: 600, max: 630 }]);
  });

  it('never expect a call to outlast its timeout', () => {
    const always = probesWith({ timeoutMs: 500, retries }).at(-1);
    expect(always?.durationMs?.(3)).toEqual({ min: 500, max: 500 });
  });

  it('speak HTTP to a callee that does', () => {
    const conditions = ['gateway-error'] as const;
    expect(summarize(probesWith({ retries: { ...retries, conditions } }, 1, 'bank')).slice(0, 3)).toEqual([
      [503, 2, 'answered', 3],
      [503, 'always', 'failed', 3],
      [500, 'always', 'failed', 1],
    ]);
  });

  it('let each of several endpoints fail once, so that a retry meets one that has not failed or has recovered', () => {
    const [first] = probesWith({ retries }, 2);
    expect([first?.fault.failFirst, first?.requests]).toEqual([1, { min: 2, max: 3 }]);
    expect(probesWith({ retries }, 3).filter(({ outcome }) => outcome === 'answered')).toEqual([]);
  });
});

describe('a round', () => {
  it('has one probe of a path, and no more of a dependency than its retry budget admits', () => {
    const [probe] = probesWith({ retries });
    if (probe === undefined) throw new Error('no probe');
    const onPath = (path: string): Probe => ({ ...probe, call: { ...probe.call, rpc: { ...probe.call.rpc, path } } });
    expect(packRounds([probe, probe])).toHaveLength(2);
    expect(packRounds(['/1', '/2', '/3'].map(onPath))).toHaveLength(1);
    expect(packRounds(['/1', '/2', '/3', '/4'].map(onPath))).toHaveLength(2);
  });
});
