import { expect, it } from 'vitest';
import { useCluster } from '../harness/use-cluster.ts';
import { failuresOf } from '../storm/fault-run.ts';
import { formatResult } from '../storm/report.ts';
import { runFaultInjection } from '../storm/run-fault-injection.ts';
import { dependencyStates } from '../storm/states/dependency-states.ts';
import type { DependencyState } from '../storm/states/state.ts';

const { cluster } = useCluster();

/** How long each dependency is in each state, alone. The figures are measured with 60 s. */
const aloneSeconds = process.env.STATE_SECONDS;
const stateMs = Number(aloneSeconds ?? 15) * 1_000;
const ratePerSecond = 2;
/** Orders before the state, which it catches at work. */
const beforeMs = 2_000;

/** Each dependency takes on one state at a time. So the shortest series has as many rounds as one of them has states. */
function roundsOf(states: readonly DependencyState[]): readonly (readonly DependencyState[])[] {
  const byDependency = [...Map.groupBy(states, ({ dependency }) => dependency).values()];
  const rounds = Math.max(...byDependency.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => byDependency.flatMap((each) => each[round] ?? []));
}

const rounds = aloneSeconds === undefined ? roundsOf(dependencyStates) : dependencyStates.map((state) => [state]);

it.each(rounds.map((states) => [states.map(({ name }) => name).join(', '), states] as const))(
  'with %s for a while, every order that was accepted ends right within a minute after it',
  { timeout: stateMs + 240_000 },
  async (_, targets) => {
    const faults = targets.length;
    const options = { seed: 1, durationMs: beforeMs + stateMs, ratePerSecond, faults, bursts: false };
    const plan = targets.map((target) => ({ kind: 'state', target, atMs: beforeMs, forMs: stateMs }) as const);
    const observer = { signal: new AbortController().signal, onFault: () => undefined, onProgress: () => undefined };
    const result = await runFaultInjection(cluster, options, observer, plan);
    console.log(formatResult(result));
    expect(failuresOf(result)).toEqual([]);
  },
);
