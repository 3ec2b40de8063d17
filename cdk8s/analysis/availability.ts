import type { Model } from '../model/model.ts';
import { GATEWAY } from '../model/topology.ts';
import { buildCallGraph, type CallGraph, callsOf } from './call-graph.ts';
import { type EffectivePolicy, readEffectivePolicies } from './effective-policy.ts';
import { retriesFailedAnswers } from './retries.ts';

/** What users get of one route at the gateway. Availabilities are shares of calls, from 0 to 1. */
export interface RouteAvailability {
  /** `POST /v1/orders`. */
  readonly route: string;
  /** Calls that must all be answered, the one from the gateway included. */
  readonly parts: number;
  readonly withoutPolicies: number;
  readonly withPolicies: number;
}

/** What is behind a call, itself included. */
type Availability = Omit<RouteAvailability, 'route'>;

/**
 * The availability of each route from the gateway, from those that its interactions' decisions state for the services
 * behind it (`availabilityPercent`, of each service on its own).
 *
 * Without policies a route works if every call behind it does: the product of all parts, so that five parts of 99 % are
 * about 95 %. With them, a failed call is retried if a retry condition covers failed answers: it fails only if all
 * attempts fail, 1 - (1 - a)^attempts, where `a` includes all that the callee needs.
 *
 * Both figures assume that every attempt of every call fails independently. Single lost answers and restarting pods fit
 * the assumption, so `withPolicies` says how far retries can help against those. An outage does not fit: then all
 * attempts fail together, and what users get is nearer to `withoutPolicies`. For the same reason a service that a route
 * calls twice is two parts, although one outage affects both. Timeouts, breakers and budgets are left out.
 */
export function availabilityOfRoutes({
  topology,
  policies,
}: Pick<Model, 'topology' | 'policies'>): RouteAvailability[] {
  const graph = buildCallGraph(readEffectivePolicies(topology, policies, []));
  const behind = availabilityBehind(graph);
  return [...graph.calls.values()].flatMap((dependency) => {
    const availability = behind.get(dependency);
    return dependency.caller === GATEWAY && availability
      ? [{ route: `${dependency.method} ${dependency.path}`, ...availability }]
      : [];
  });
}

/** From the leaves on, each call once, however many ways lead to it. */
function availabilityBehind({ callersFirst, calls }: CallGraph): Map<EffectivePolicy, Availability> {
  const behind = new Map<EffectivePolicy, Availability>();
  for (const dependency of callersFirst.toReversed()) {
    const needed = callsOf(dependency, calls).flatMap((next) => behind.get(next) ?? []);
    const own = dependency.availabilityPercent / 100;
    behind.set(dependency, {
      parts: 1 + sumOf(needed.map(({ parts }) => parts)),
      withoutPolicies: own * productOf(needed.map(({ withoutPolicies }) => withoutPolicies)),
      withPolicies: afterAttempts(dependency, own * productOf(needed.map(({ withPolicies }) => withPolicies))),
    });
  }
  return behind;
}

function afterAttempts(dependency: EffectivePolicy, ofOneAttempt: number): number {
  return retriesFailedAnswers(dependency) ? 1 - (1 - ofOneAttempt) ** dependency.maxAttempts : ofOneAttempt;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function productOf(numbers: readonly number[]): number {
  return numbers.reduce((product, number) => product * number, 1);
}

const MINUTES_A_MONTH = 30 * 24 * 60;

/**
 * A table for people: a line for each route, the columns aligned, with the minutes of 30 days in which it does not
 * work.
 */
export function formatAvailability(routes: readonly RouteAvailability[]): string {
  const rows = [
    ['availability of', 'parts', 'without policies', '', 'with policies', ''],
    ...routes.map(({ route, parts, withoutPolicies, withPolicies }) => [
      route,
      String(parts),
      ...cellsOf(withoutPolicies),
      ...cellsOf(withPolicies),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf(availability: number): string[] {
  const minutesDown = (1 - availability) * MINUTES_A_MONTH;
  return [`${(availability * 100).toFixed(3)} %`, `${minutesDown.toFixed(1)} min down a month`];
}
