import { expect, test } from 'vitest';
import { analyze } from './analysis/analyze.ts';
import { connectionsFit } from './analysis/connections.ts';
import { environments } from './environments.ts';
import type { DependencyPolicy, PoliciesFor, RpcPolicy } from './model/policy.ts';
import { limits, policies } from './policies.ts';
import { releasedTopics } from './released-topics.ts';
import { saga } from './saga.ts';
import { topology } from './topology.ts';

test.each(Object.entries(environments))('%s has no problem', (_, { replicas }) => {
  expect(analyze({ topology, policies, limits, saga, releasedTopics }, [replicas])).toEqual([]);
});

test('every environment has enough connections to Postgres', () => {
  expect(connectionsFit(topology, environments)).toEqual([]);
});

test('what must be decided has no default', () => {
  // @ts-expect-error retries must be stated
  const undecided: RpcPolicy = { timeoutMs: 300, afterTimeout: 'callee-stops', idempotency: 'safe' };
  // @ts-expect-error a retry states its conditions, timeout of each attempt and back-off
  const halfDecided: RpcPolicy['retries'] = { kind: 'on', attempts: 2 };
  // @ts-expect-error a budget is always stated
  const unbounded: DependencyPolicy = { pool: policies['orders->inventory'].pool, breaker: { kind: 'none' }, rpcs: {} };
  expect([undecided, halfDecided, unbounded]).toHaveLength(3);
});

test('the compiler knows which dependencies and RPCs need a policy', () => {
  const { 'orders->inventory': inventory, ...others } = policies;
  // @ts-expect-error a dependency without a policy
  const missing: PoliciesFor<typeof topology> = others;
  const misspelt: PoliciesFor<typeof topology> = {
    ...policies,
    // @ts-expect-error orders calls no such RPC
    'orders->inventory': { ...inventory, rpcs: { Chekc: inventory.rpcs.Check } },
  };
  expect([missing, misspelt]).toHaveLength(2);
});

test('a faulty dependency gets three attempts within the 300 ms that a customer waits for it', () => {
  for (const call of [policies['orders->inventory'].rpcs.Check, policies['orders->payments'].rpcs.Authorize]) {
    expect(call).toMatchObject({ timeoutMs: 300, retries: { attempts: 2 } });
    expect(call.retries.conditions).toContain('unavailable');
  }
});
