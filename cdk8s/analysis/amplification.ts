import type { Limits } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';
import { type CallGraph, callsOf } from './call-graph.ts';
import type { EffectivePolicy } from './effective-policy.ts';
import { inboundRunsOf, runsOf } from './retries.ts';

/** How many calls one request has become with this hop, and by which path. */
interface Path {
  readonly dependency: EffectivePolicy;
  readonly hopFactor: number;
  readonly factor: number;
  readonly before: Path | undefined;
}

type HopFactor = (dependency: EffectivePolicy) => number;

/**
 * Attempts multiply over the hops of a path. `worstCaseCalls` bounds the calls that one request can lead to while
 * everything fails. `sustainedCalls` bounds their average while that lasts: then each hop's budget caps its retries at
 * a share of its calls in flight. A budget of `percent` allows 100 / (100 - percent) calls for one, and never more than
 * the attempts. The budget's minimum is left out: it is a number of retries and not a share, and matters only while few
 * calls are in flight.
 *
 * A hop that retries only attempts that never arrived does not multiply, neither at the caller nor at the callee's own
 * proxy, whose retries no policy states. A call that a callee makes twice counts twice.
 *
 * @returns at most one problem for each called service and limit, about the worst path there
 */
export function limitAmplification(graph: CallGraph, { worstCaseCalls, sustainedCalls }: Limits): Problem[] {
  return [
    ...overLimit(graph, { name: 'worstCaseCalls', limit: worstCaseCalls }, runsOf),
    ...overLimit(graph, { name: 'sustainedCalls', limit: sustainedCalls }, sustainedRunsOf),
  ];
}

function sustainedRunsOf(dependency: EffectivePolicy): number {
  const admitted = dependency.retryBudget ? 100 / (100 - dependency.retryBudget.percent) : Number.POSITIVE_INFINITY;
  const inbound = inboundRunsOf(dependency);
  return Math.min(runsOf(dependency), admitted * inbound);
}

/** Products of fractions are slightly inexact; a rounding error must not exceed a limit. */
const ROUNDING = 1 + 1e-9;

function overLimit(
  graph: CallGraph,
  { name, limit }: { readonly name: keyof Limits; readonly limit: number },
  hopFactor: HopFactor,
): Problem[] {
  return [...worstByCallee(worstPaths(graph, hopFactor))]
    .filter(([, { factor }]) => factor > limit * ROUNDING)
    .map(([callee, path]) => {
      const hops = hopsOf(path);
      return {
        subject: path.dependency.id,
        value: `limits.${name} = ${limit}`,
        rule: 'amplification',
        message:
          `on the way ${hops.map(({ dependency }) => dependency.id).join(', ')} one request becomes ` +
          `${hops.map((hop) => format(hop.hopFactor)).join(' x ')} = ${format(path.factor)} > ${limit} calls of ${callee}. ` +
          'Let fewer of these hops retry, or fewer times.',
      };
    });
}

/** The worst path to each call, hop by hop, from an entry that no other call leads to. */
function worstPaths({ callersFirst, calls }: CallGraph, hopFactor: HopFactor): Map<EffectivePolicy, Path> {
  const paths = new Map<EffectivePolicy, Path>();
  const extend = (dependency: EffectivePolicy, times: number, before?: Path): void => {
    const own = times * hopFactor(dependency);
    const factor = (before?.factor ?? 1) * own;
    if (factor > (paths.get(dependency)?.factor ?? 0))
      paths.set(dependency, { dependency, hopFactor: own, factor, before });
  };
  for (const dependency of callersFirst) {
    if (!paths.has(dependency)) extend(dependency, 1);
    for (const [next, times] of countEach(callsOf(dependency, calls))) extend(next, times, paths.get(dependency));
  }
  return paths;
}

function hopsOf(path: Path): Path[] {
  const hops: Path[] = [];
  for (let at: Path | undefined = path; at; at = at.before) hops.push(at);
  return hops.toReversed();
}

function worstByCallee(paths: Map<EffectivePolicy, Path>): Map<string, Path> {
  const worst = new Map<string, Path>();
  for (const [{ callee }, path] of paths) {
    if (path.factor > (worst.get(callee)?.factor ?? 0)) worst.set(callee, path);
  }
  return worst;
}

function countEach<Item>(items: readonly Item[]): Map<Item, number> {
  const counts = new Map<Item, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function format(factor: number): string {
  return String(Number(factor.toFixed(3)));
}
