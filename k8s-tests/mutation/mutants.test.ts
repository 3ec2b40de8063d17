import { describe, expect, test } from 'vitest';
import type { DependencyPolicy, Policies } from '../../cdk8s/model/policy.ts';
import { listMutants } from './mutants.ts';

const policy = {
  pool: { connectTimeoutMs: 100, maxConnections: 10, maxRequests: 20, maxPendingRequests: 5 },
  retryBudget: { percent: 20, minConcurrency: 3 },
  breaker: {
    kind: 'failure-rate',
    percent: 50,
    minRequests: 20,
    intervalMs: 1_000,
    ejectionMs: 10_000,
    maxEjectionPercent: 'all',
  },
  rpcs: {
    Ask: {
      timeoutMs: 300,
      afterTimeout: 'callee-stops',
      idempotency: 'safe',
      retries: { kind: 'on', conditions: ['reset', 'unavailable'], attempts: 2, perTryTimeoutMs: 90, backoffMs: 10 },
    },
    Tell: { timeoutMs: 300, afterTimeout: 'callee-stops', idempotency: 'none', retries: { kind: 'never' } },
  },
} as const satisfies DependencyPolicy;
const policies: Policies = { 'a->b': policy };
const mutants = listMutants(policies);

function named(name: string): Policies {
  const found = mutants.find((mutant) => mutant.name === name);
  if (!found) throw new Error(`no mutant ${name} among\n${mutants.map((mutant) => mutant.name).join('\n')}`);
  return found.policies;
}

describe('mutants', () => {
  test('every field of the dependency and of each RPC has a mutant', () => {
    const fields = new Set(mutants.map(({ name }) => name.split(':')[0]));
    expect([...fields].toSorted()).toEqual(
      [
        ...['connectTimeoutMs', 'maxConnections', 'maxRequests', 'maxPendingRequests'].map((f) => `a->b pool.${f}`),
        ...['percent', 'minConcurrency'].map((f) => `a->b retryBudget.${f}`),
        ...['kind', 'percent', 'minRequests', 'intervalMs', 'ejectionMs', 'maxEjectionPercent'].map(
          (f) => `a->b breaker.${f}`,
        ),
        ...['timeoutMs', 'afterTimeout', 'idempotency'].flatMap((f) => [`a->b.Ask ${f}`, `a->b.Tell ${f}`]),
        ...['kind', 'conditions', 'attempts', 'perTryTimeoutMs', 'backoffMs'].map((f) => `a->b.Ask retries.${f}`),
        'a->b.Tell retries.kind',
      ].toSorted(),
    );
  });

  test('a mutant changes its field and nothing else', () => {
    expect(named('a->b.Ask retries.attempts: 2 -> 4')).toEqual({
      'a->b': {
        ...policy,
        rpcs: { ...policy.rpcs, Ask: { ...policy.rpcs.Ask, retries: { ...policy.rpcs.Ask.retries, attempts: 4 } } },
      },
    });
    expect(named('a->b retryBudget.percent: 20 -> 10')).toEqual({
      'a->b': { ...policy, retryBudget: { percent: 10, minConcurrency: 3 } },
    });
  });

  test('a mutant can remove a condition, a breaker or all retries', () => {
    expect(named('a->b.Ask retries.conditions: reset -> removed')['a->b']?.rpcs.Ask?.retries).toMatchObject({
      conditions: ['unavailable'],
    });
    expect(named('a->b breaker.kind: failure-rate -> none')['a->b']?.breaker).toEqual({ kind: 'none' });
    expect(named('a->b.Ask retries.kind: on -> never')['a->b']?.rpcs.Ask?.retries).toEqual({ kind: 'never' });
  });

  test('no two mutants have the same name, and none equals the original', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    expect(mutants.filter((mutant) => JSON.stringify(mutant.policies) === JSON.stringify(policies))).toEqual([]);
  });
});
