import type { Replicas } from '../model/environment.ts';
import { interactionId } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import type { DependencyPolicy, RpcPolicy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';

/** Istio's counts are 32-bit. */
const MAX_INT32 = 2 ** 31 - 1;

type Numbers = Readonly<Record<string, number>>;

/**
 * Durations, counts and percentages are whole and at least 1 (Istio reads 0 as "unset" in many fields, so that 0 would
 * not mean what it says), percentages at most 100. Only availabilities and the limits may have fractions.
 */
export function numbersInRange({ topology, policies, limits }: Model, replicas: readonly Replicas[]): Problem[] {
  return [
    ...Object.entries(policies).flatMap(([dependency, policy]) => [
      ...checkWhole(dependency, dependencyNumbers(policy)),
      ...Object.entries(policy.rpcs).flatMap(([name, rpc]) => checkWhole(`${dependency}.${name}`, rpcNumbers(rpc))),
    ]),
    ...topology.interactions.flatMap((interaction) => {
      const { latencyBudgetMs, availabilityPercent } = interaction.decision;
      const dependency = interactionId(interaction);
      return [
        ...checkWhole(dependency, { 'decision.latencyBudgetMs': latencyBudgetMs }),
        ...check(
          dependency,
          'decision.availabilityPercent',
          availabilityPercent,
          'a number above 0, at most 100',
          isShare,
        ),
      ];
    }),
    ...Object.entries(topology.topics).flatMap(([name, topic]) => checkWhole(name, { ...topic })),
    ...replicas.flatMap(({ each, of }) => checkWhole('replicas', { each, ...prefix('of', of ?? {}) })),
    ...Object.entries(limits).flatMap(([name, limit]) =>
      check('limits', name, limit, 'a number from 1 on', (value) => value >= 1 && Number.isFinite(value)),
    ),
  ];
}

function dependencyNumbers({ pool, breaker, retryBudget }: DependencyPolicy): Numbers {
  return { ...prefix('pool', pool), ...prefix('breaker', breaker), ...prefix('retryBudget', retryBudget) };
}

function rpcNumbers({ timeoutMs, retries }: RpcPolicy): Numbers {
  if (retries.kind === 'never') return { timeoutMs };
  const { attempts, backoffMs, perTryTimeoutMs } = retries;
  const perTry = perTryTimeoutMs === 'rest-of-timeout' ? {} : { perTryTimeoutMs };
  return { timeoutMs, ...prefix('retries', { attempts, backoffMs, ...perTry }) };
}

function prefix(path: string, numbers: object): Numbers {
  const stated = Object.entries(numbers).filter(([, value]) => typeof value !== 'string');
  return Object.fromEntries(stated.map(([name, value]) => [`${path}.${name}`, value]));
}

function checkWhole(dependency: string, numbers: Numbers): Problem[] {
  return Object.entries(numbers).flatMap(([name, value]) => {
    const max = /percent$/i.test(name) ? 100 : MAX_INT32;
    const right = `a whole number from 1 to ${max}`;
    return check(dependency, name, value, right, () => Number.isInteger(value) && value >= 1 && value <= max);
  });
}

function check(
  dependency: string,
  name: string,
  value: number,
  right: string,
  isRight: (value: number) => boolean,
): Problem[] {
  if (isRight(value)) return [];
  return [{ subject: dependency, value: `${name} = ${value}`, rule: 'numbers-in-range', message: `must be ${right}.` }];
}

function isShare(percent: number): boolean {
  return percent > 0 && percent <= 100;
}
