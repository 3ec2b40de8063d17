import type { Probe } from './probes.ts';

/**
 * Packs probes into rounds. Rounds run one after the other, and the probes of a round run at the same time. Within a
 * round a path of a callee has only one fault, and a dependency has no more retries in flight than its budget admits
 * without other traffic. Probes of similar duration share a round.
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

function durationOf({ durationMs, requests }: Probe): number {
  return durationMs?.(requests.max).max ?? 0;
}

function fits({ dependency, call }: Probe, others: readonly Probe[]): boolean {
  const pathIsFree = !others.some(
    (other) => other.dependency.callee === dependency.callee && other.call.rpc.path === call.rpc.path,
  );
  const ofDependency = others.filter((other) => other.dependency.id === dependency.id).length;
  return pathIsFree && ofDependency < Math.max(1, dependency.policy.retryBudget.minConcurrency);
}
