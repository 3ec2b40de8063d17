/**
 * The types of the decision record: why an interaction is as it is, stated by its owner. Types only; nothing has a
 * default.
 */

/** What one interaction must do for the business; the criteria of the analysis say which tactics may serve it. */
export interface Decision {
  /** The team that is responsible for it. */
  readonly owner: string;
  /** What the business loses while it does not work. */
  readonly impact: string;
  /** Who cannot continue without the answer. */
  readonly waits: 'customer' | 'developer' | 'saga' | 'nobody';
  readonly criticality: 'critical' | 'important' | 'deferrable';
  /** Must caller and callee agree when the call ends (`strong`), or is it enough that they will (`eventual`)? */
  readonly consistency: 'strong' | 'eventual';
  readonly ordering: 'none' | 'per-order';
  /** Until when an answer, or for an event its effect, is still of use. */
  readonly latencyBudgetMs: number;
  /** Share of calls that the called side must answer, or of events that it must accept, in a month. */
  readonly availabilityPercent: number;
  readonly onFailure: string;
  readonly tactic: Tactic;
}

/** Ways for two services to work together; the analysis has what each is good for and requires. */
export type Tactic =
  /** One call; a failure is the caller's failure. */
  | 'sync-call'
  /**
   * A call within a short budget. If it fails or times out, the work is accepted as pending and a saga completes it.
   */
  | 'hybrid-with-pending'
  | 'event'
  /** A call of the saga: retried until it ends, reversed by a compensation. */
  | 'saga-step'
  /** A call of a partner that we do not run, behind the one service that knows it. */
  | 'partner-adapter'
  /** Rejected; listed so that nobody proposes it again without reading why. */
  | 'two-phase-commit';
