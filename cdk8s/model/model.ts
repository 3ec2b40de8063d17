import type { Policies } from './policy.ts';
import type { Saga } from './saga-step.ts';
import type { ReleasedTopics, Topology } from './topology.ts';

/** What one request may cost at most anywhere behind it, along each path of calls. */
export interface Limits {
  /** Calls at the end of a path when everything fails: the attempts of all hops multiply. */
  readonly worstCaseCalls: number;
  /** The same on average while an outage lasts: the retry budgets of all hops multiply. */
  readonly sustainedCalls: number;
}

/** All that a plan is made from: who calls whom, what happens when a call fails, and what that may cost. */
export interface Model {
  readonly topology: Topology;
  readonly policies: Policies;
  readonly limits: Limits;
  /** @default none: no interaction is a step of one */
  readonly saga?: Saga;
  /** @default none: no topic exists yet, so any may be changed */
  readonly releasedTopics?: ReleasedTopics;
}
