import { interactionId } from '../model/dependencies.ts';
import type { EdgePolicy, Model, Replicas, RpcPolicy } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';

/** Istio's counts are 32-bit. */
const MAX_INT32 = 2 ** 31 - 1;

type Numbers = Readonly<Record<string, number>>;

/**
 * Durations, counts and percentages are whole and at least 1 (Istio reads 0 as "unset" in many fields, so that 0 would not
 * mean what it says), percentages at most 100. Only availabilities and the limits may have fractions.
 */
export function numbersInRange({ topology, policies, limits }: Model, replicas: readonly Replicas[]): Problem[] {
  return [
    ...Object.entries(policies).flatMap(([edge, policy]) => [
      ...checkWhole(edge, edgeNumbers(policy)),
      ...Object.entries(policy.rpcs).flatMap(([name, rpc]) => checkWhole(`${edge}.${name}`, rpcNumbers(rpc))),
    ]),
    ...topology.interactions.flatMap((interaction) => {
      const { latencyBudgetMs, availabilityPercent } = interaction.decision;
      const edge = interactionId(interaction);
      return [
        ...checkWhole(edge, { 'decision.latencyBudgetMs': latencyBudgetMs }),
        ...check(edge, 'decision.availabilityPercent', availabilityPercent, 'a number above 0, at most 100', isShare),
      ];
    }),
    ...Object.entries(topology.topics).flatMap(([name, topic]) => checkWhole(name, { ...topic })),
    ...replicas.flatMap(({ each, of }) => checkWhole('replicas', { each, ...prefix('of', of ?? {}) })),
    ...Object.entries(limits).flatMap(([name, limit]) =>
      check('limits', name, limit, 'a number from 1 on', (value) => value >= 1 && Number.isFinite(value)),
    ),
  ];
}

function edgeNumbers({ pool, breaker, retryBudget }: EdgePolicy): Numbers {
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

function checkWhole(edge: string, numbers: Numbers): Problem[] {
  return Object.entries(numbers).flatMap(([name, value]) => {
    const max = /percent$/i.test(name) ? 100 : MAX_INT32;
    const right = `a whole number from 1 to ${max}`;
    return check(edge, name, value, right, () => Number.isInteger(value) && value >= 1 && value <= max);
  });
}

function check(
  edge: string,
  name: string,
  value: number,
  right: string,
  isRight: (value: number) => boolean,
): Problem[] {
  if (isRight(value)) return [];
  return [{ edge, value: `${name} = ${value}`, rule: 'numbers-in-range', message: `must be ${right}.` }];
}

function isShare(percent: number): boolean {
  return percent > 0 && percent <= 100;
}
