import type { Replicas } from '../model/environment.ts';
import { dependencyId, interactionId, syncInteractions } from '../model/interactions.ts';
import type { Model } from '../model/model.ts';
import type { DependencyPolicy, RpcPolicy } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import { BOUNDS, type Bound, FRACTION_BOUNDS } from './bounds.ts';

type Numbers = Readonly<Record<string, number>>;

/** Of numbers that no entry of `BOUNDS` is about: Istio's counts are 32-bit. */
const WHOLE: Bound = { min: 1, max: 2 ** 31 - 1, why: "Istio's counts are 32-bit" };

/**
 * Durations, counts and percentages are whole, at least 1 (Istio reads 0 as "unset" in many fields, so that 0 would not
 * mean what it says), and within `BOUNDS`. Only rates, availabilities and the limits may have fractions.
 */
export function numbersInRange({ topology, policies, limits }: Model, replicas: readonly Replicas[]): Problem[] {
  return [
    ...Object.entries(policies).flatMap(([dependency, policy]) => [
      ...checkWhole(dependency, dependencyNumbers(policy)),
      ...Object.entries(policy.rpcs).flatMap(([name, rpc]) => checkWhole(`${dependency}.${name}`, rpcNumbers(rpc))),
    ]),
    ...topology.interactions.flatMap((interaction) => {
      const { latencyBudgetMs, availabilityPercent } = interaction.decision;
      const id = interactionId(interaction);
      return [
        ...checkWhole(id, { 'decision.latencyBudgetMs': latencyBudgetMs }),
        ...checkFraction(id, 'decision.availabilityPercent', availabilityPercent),
      ];
    }),
    ...syncInteractions(topology).flatMap((interaction) =>
      Object.entries(interaction.rpcs).flatMap(([name, { ratePerSecond }]) =>
        check(
          `${dependencyId(interaction)}.${name}`,
          'ratePerSecond',
          ratePerSecond,
          'a number above 0: the calls per second that are expected',
          isRate,
        ),
      ),
    ),
    ...checkWhole('topics', { deduplicationDays: topology.deduplicationDays }),
    ...checkWhole('records', { recordRetentionDays: topology.recordRetentionDays }),
    ...Object.entries(topology.topics).flatMap(([name, topic]) => checkWhole(name, { ...topic })),
    ...replicas.flatMap(({ each, of, load = 1, gateway = 1 }) => [
      ...checkWhole('replicas', { each, gateway, ...prefix('of', of ?? {}) }, BOUNDS.replicas),
      ...check('replicas', 'load', load, 'a number above 0: how many times the rates of topology.ts', isRate),
    ]),
    ...checkFraction('limits', 'worstCaseCalls', limits.worstCaseCalls),
    ...checkFraction('limits', 'sustainedCalls', limits.sustainedCalls),
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

/** The numbers by their path in the source: `{ a: 1 }` at `pool` becomes `{ 'pool.a': 1 }`. Words are left out. */
export function prefix(path: string, numbers: object): Numbers {
  const stated = Object.entries(numbers).filter(([, value]) => typeof value !== 'string');
  return Object.fromEntries(stated.map(([name, value]) => [`${path}.${name}`, value]));
}

/** @param bound @default the one of `BOUNDS` with the number's name */
export function checkWhole(subject: string, numbers: Numbers, bound?: Bound): Problem[] {
  return Object.entries(numbers).flatMap(([name, value]) => {
    const { min, max, why } = bound ?? boundOf(name);
    const right = `a whole number from ${min} to ${max}: ${why}`;
    return check(subject, name, value, right, () => Number.isInteger(value) && value >= min && value <= max);
  });
}

/** For a number that may have a fraction. */
export function checkFraction(subject: string, name: keyof typeof FRACTION_BOUNDS, value: number): Problem[] {
  const { min, max, why } = FRACTION_BOUNDS[name];
  return check(subject, name, value, `a number from ${min} to ${max}: ${why}`, () => value >= min && value <= max);
}

function boundOf(name: string): Bound {
  return (BOUNDS as Readonly<Record<string, Bound>>)[name] ?? WHOLE;
}

/** @param right follows "must be ", and says what is right and why */
function check(
  subject: string,
  name: string,
  value: number,
  right: string,
  isRight: (value: number) => boolean,
): Problem[] {
  if (isRight(value)) return [];
  return [{ subject, value: `${name} = ${value}`, rule: 'numbers-in-range', message: `must be ${right}.` }];
}

function isRate(rate: number): boolean {
  return rate > 0 && Number.isFinite(rate);
}
