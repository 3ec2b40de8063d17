import type { Tactic } from '../model/decision.ts';
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

/** The catalogue: an interaction uses one of these tactics; propose a new one here first. */
export const tactics: Readonly<Record<Tactic, TacticEntry>> = {
  'sync-call': {
    style: 'sync',
    goodFor: 'an answer that somebody needs now: reads, and facts that must be true before the caller continues',
    costs: 'a failure or a delay of the callee is one of the caller; both must be up at the same time',
    requires: [calleeIsOurs],
  },
  'hybrid-with-pending': {
    style: 'sync',
    goodFor: 'a quick answer for a customer, if a timeout is no reason to lose the order: it is accepted as pending',
    costs: 'two ways to the same result, so both carry the same key; the customer must understand what pending means',
    requires: [calleeIsOurs, customerWaits, eventualIsEnough, shortBudget, sagaCompletes],
  },
  event: {
    style: 'async',
    goodFor: 'informing others: a consumer may be unavailable, slow or new, and the producer does not notice',
    costs:
      'eventual consistency, lag, duplicates (an inbox) and dead letters; in order only per key, which is the order id',
    requires: [hasDeadLetters],
  },
  'saga-step': {
    style: 'sync',
    goodFor: 'one step of work across several services that must all happen or all be compensated, while nobody waits',
    costs: 'a compensation for each effect, visible states in between, and a key on every call',
    requires: [calleeIsOurs, sagaWaits, callsAreByKey, callsAreSagaSteps],
  },
  'partner-adapter': {
    style: 'sync',
    goodFor:
      'a partner with unpredictable availability: one service knows its interface, keys and limits, and shields the rest',
    costs: 'one more service, and an unknown outcome that this service must be able to report',
    requires: [calleeIsPartner, onlyCaller],
  },
  'two-phase-commit': {
    style: 'rejected',
    goodFor: 'strong consistency across services; one of the articles recommends it for payments',
    costs:
      'every participant holds locks until the slowest has answered, a lost coordinator blocks them all, and neither the acquirer nor Kafka takes part in it. The saga reaches the same end by compensations',
    requires: [],
  },
};
