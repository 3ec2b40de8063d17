import type { Probe } from './probes.ts';

/**
 * Packs probes into rounds that are run one after the other, those of a round at once: a callee's path has one fault at a
 * time, and an edge no more retries under way than its budget admits without other traffic. Long probes go together.
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

function fits({ edge, call }: Probe, others: readonly Probe[]): boolean {
  const pathIsFree = !others.some(
    (other) => other.edge.callee === edge.callee && other.call.rpc.path === call.rpc.path,
  );
  const ofEdge = others.filter((other) => other.edge.id === edge.id).length;
  return pathIsFree && ofEdge < Math.max(1, edge.policy.retryBudget.minConcurrency);
}
