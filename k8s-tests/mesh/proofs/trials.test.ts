import { describe, expect, it } from 'vitest';
import { type Dependency, joinDependencies } from '../../../cdk8s/model/dependencies.ts';
import type { Breaker } from '../../../cdk8s/model/policy.ts';
import { examplePolicies, exampleTopology } from '../../../cdk8s/testing/example.ts';
import { pickCalls, type Trial, trialsOf } from './trials.ts';

const dependencies = joinDependencies(exampleTopology, examplePolicies);
const times = { intervalMs: 1_000, ejectionMs: 10_000, maxEjectionPercent: 'all' } as const;

function trialsWith(breaker: Breaker, endpoints: number): readonly Trial[] {
  const [dependency] = dependencies.filter(({ id }) => id === 'a->b');
  const call = dependency?.rpcs[0];
  if (dependency === undefined || call === undefined) throw new Error('no dependency');
  return trialsOf({ ...dependency, policy: { ...dependency.policy, breaker } }, call, endpoints);
}

describe('the trials of a breaker', () => {
  it('for failures in a row: one less leaves it closed, that many open it for its time, within an interval', () => {
    const [stay, open] = trialsWith({ kind: 'consecutive', failures: 5, ...times }, 1);
    expect([stay?.faults, stay?.ejection]).toEqual([[{ failFirst: 4, status: 'INTERNAL' }], undefined]);
    expect(open?.faults).toEqual([{ failFirst: 5, status: 'INTERNAL' }]);
    expect(open?.ejection).toMatchObject({ afterCalls: 5, lastsMs: { min: 9_000, max: 11_000 } });
  });

  it('for a failure rate: five points above it open it within two intervals, five below do not in a minute', () => {
    const [stay, open] = trialsWith({ kind: 'failure-rate', percent: 50, minRequests: 20, ...times }, 1);
    expect(open?.faults).toEqual([{ percent: 55, status: 'INTERNAL' }]);
    expect(open?.ejection).toMatchObject({ withinMs: 2_000 });
    expect(open?.ratePerSecond).toBeGreaterThanOrEqual(40);
    expect([stay?.faults, stay?.durationMs, stay?.ejection]).toEqual([
      [{ percent: 45, status: 'INTERNAL' }],
      60_000,
      undefined,
    ]);
  });

  it('for a small volume: enough calls in an interval that five points are more than one call', () => {
    const slow = { ...times, intervalMs: 10_000 };
    const [stay, open] = trialsWith({ kind: 'failure-rate', percent: 50, minRequests: 4, ...slow }, 1);
    expect([stay?.ratePerSecond, open?.ratePerSecond]).toEqual([4, 4]);
    expect(open?.durationMs).toBe(45_000);
  });

  it('for two endpoints: one fails above the limit, the other just below it', () => {
    const [rate] = trialsWith({ kind: 'failure-rate', percent: 50, minRequests: 20, ...times }, 2);
    expect(rate?.faults.map((fault) => fault?.percent)).toEqual([55, 45]);
    const [consecutive] = trialsWith({ kind: 'consecutive', failures: 5, ...times }, 2);
    expect(consecutive?.faults).toMatchObject([{ failFirst: 5 }, { percent: 50 }]);
  });

  it('are none where there is no breaker', () => expect(trialsWith({ kind: 'none' }, 1)).toEqual([]));
});

describe('a wave', () => {
  const idsOf = (wave: readonly (readonly [Dependency, unknown])[]) => wave.map(([{ id }]) => id);

  it('has no path of a callee twice: dependencies that share their only path take turns', () => {
    expect(pickCalls(dependencies).map(idsOf)).toEqual([['a->b', 'a->bank', 'gateway->a'], ['c->b']]);
  });

  it('leaves a shared path to the dependency that has no other', () => {
    const [toB, , ...rest] = dependencies.filter(({ callee }) => callee === 'b');
    const [call] = toB?.rpcs ?? [];
    if (toB === undefined || call === undefined) throw new Error('no dependency');
    const other = { ...call, name: 'Other', rpc: { ...call.rpc, path: '/b.v1.B/Other' } };
    const withChoice = { ...toB, id: 'x->b', rpcs: [call, other] };
    expect(pickCalls([withChoice, toB, ...rest])).toHaveLength(1);
  });
});
