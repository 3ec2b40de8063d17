import type { Cluster } from '../../harness/cluster.ts';

/** A dependency that runs and answers, but is in a state in which its answers are of no use. */
export interface DependencyState {
  readonly kind: 'state';
  readonly name: string;
  readonly family: 'state';
  /** Which one: it takes on one state at a time, and none while it is restarted itself. */
  readonly dependency: 'acquirer' | 'postgres' | 'broker';
  /** A service that is stopped meanwhile, so that it has no other fault. */
  readonly stops?: string;
  /** Brings the dependency into the state, and returns what ends the state. Both are safe to repeat. */
  readonly begin: (cluster: Cluster) => Promise<() => Promise<void>>;
}

/** The end of a state is repeated until it succeeds: other faults may be in its way. */
export const endTimes = { timeoutMs: 60_000, intervalMs: 500 } as const;
