import type { Probe } from './probes.ts';

/**
 * Packs probes into rounds that are run one after the other, those of a round at once: a callee's path has one fault at a
 * time, and a dependency no more retries under way than its budget admits without other traffic. Long probes go together.
 */
export function packRounds(probes: readonly Probe[]): readonly (readonly Probe[])[] {
  const rounds: Probe[][] = [];
  for (const probe of probes.toSorted((left, right) => durationOf(right) - durationOf(left))) {
    const round = rounds.find((others) => fits(probe, others));
    if (round === undefined) rounds.push([probe]);
    else round.push(probe);
  }
  return rounds;
}

function durationOf({ durationMs, hits }: Probe): number {
  return durationMs?.(hits.max).max ?? 0;
}

function fits({ dependency, call }: Probe, others: readonly Probe[]): boolean {
  const pathIsFree = !others.some(
    (other) => other.dependency.callee === dependency.callee && other.call.rpc.path === call.rpc.path,
  );
  const ofDependency = others.filter((other) => other.dependency.id === dependency.id).length;
  return pathIsFree && ofDependency < Math.max(1, dependency.policy.retryBudget.minConcurrency);
}
