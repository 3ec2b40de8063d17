import { expect, it } from 'vitest';
import { useCluster } from '../harness/use-cluster.ts';
import { dependencyStates } from '../storm/dependency-states.ts';
import { failuresOf } from '../storm/fault-run.ts';
import { formatResult } from '../storm/report.ts';
import { runFaultInjection } from '../storm/run-fault-injection.ts';

const { cluster } = useCluster();

/** How long a dependency is in the state. The figures are measured with 60 s. */
const stateMs = Number(process.env.STATE_SECONDS ?? 15) * 1_000;
const ratePerSecond = 2;
/** Orders before the state, which it catches at work. */
const beforeMs = 2_000;

it.each(dependencyStates)(
  'with $name for a while, every order that was accepted ends right within a minute after it',
  { timeout: stateMs + 240_000 },
  async (target) => {
    const options = { seed: 1, durationMs: beforeMs + stateMs, ratePerSecond, faults: 1, bursts: false };
    const plan = [{ kind: 'state', target, atMs: beforeMs, forMs: stateMs } as const];
    const observer = { signal: new AbortController().signal, onFault: () => undefined, onProgress: () => undefined };
    const result = await runFaultInjection(cluster, options, observer, plan);
    console.log(formatResult(result));
    expect(failuresOf(result)).toEqual([]);
  },
);
