import type { Tactic } from './decision.ts';
import {
  calleeIsOurs,
  calleeIsPartner,
  callsAreByKey,
  callsAreSagaSteps,
  customerWaits,
  eventualIsEnough,
  hasDeadLetters,
  onlyCaller,
  type Requirement,
  sagaCompletes,
  sagaWaits,
  shortBudget,
} from './requirements.ts';

/** One way for two services to work together. */
export interface TacticEntry {
  /** `rejected`: no interaction may use it. */
  readonly style: 'sync' | 'async' | 'rejected';
  readonly goodFor: string;
  readonly costs: string;
  readonly requires: readonly Requirement[];
}

/** The catalogue: an interaction uses one of these, or a new one is argued for here first. */
export const tactics: Readonly<Record<Tactic, TacticEntry>> = {
  'sync-call': {
    style: 'sync',
    goodFor:
      'an answer that somebody needs now and nobody can do without: reads, and what must be true before going on',
    costs: 'its failure is the failure of the caller, its slowness too; both must be up at the same time',
    requires: [calleeIsOurs],
  },
  'hybrid-with-pending': {
    style: 'sync',
    goodFor:
      'a quick answer for a customer, where a late one is no reason to lose the order: it is accepted as pending',
    costs: 'two ways to the same end, so the same key on both; the customer must understand what pending means',
    requires: [calleeIsOurs, customerWaits, eventualIsEnough, shortBudget, sagaCompletes],
  },
  event: {
    style: 'async',
    goodFor: 'telling whom it concerns: a consumer may be down, slow or new, and the producer does not notice',
    costs:
      'eventual consistency, lag, duplicates (an inbox) and dead letters; in order only per key, which is the order id',
    requires: [hasDeadLetters],
  },
  'saga-step': {
    style: 'sync',
    goodFor: 'one step of work across several services that must all happen or all be undone, with nobody waiting',
    costs: 'a compensation for each effect, states in between that others can see, and a key on every call',
    requires: [calleeIsOurs, sagaWaits, callsAreByKey, callsAreSagaSteps],
  },
  'partner-adapter': {
    style: 'sync',
    goodFor:
      'a partner with unpredictable availability: one service knows its interface, keys and limits, and shields the rest',
    costs: 'one service more, and an unknown outcome that this service must be able to report',
    requires: [calleeIsPartner, onlyCaller],
  },
  'two-phase-commit': {
    style: 'rejected',
    goodFor: 'strong consistency across services; one of the articles recommends it for payments',
    costs:
      'every participant holds locks until the slowest has answered, a lost coordinator blocks them all, and neither the acquirer nor Kafka takes part in it. The saga gives the same end by compensations',
    requires: [],
  },
};
