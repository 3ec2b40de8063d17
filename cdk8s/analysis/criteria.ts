import type { Decision } from '../model/decision.ts';

/**
 * The criteria for sync or async interactions, written down once. check-decisions.ts checks each tactic against all of
 * them.
 */
export interface Criterion {
  /** Kebab-case; also the name of the rule that rejects. */
  readonly name: string;
  readonly question: string;
  /** The answer that makes it sync, and the one that makes it async; `–` where no answer does. */
  readonly syncWhen: string;
  readonly asyncWhen: string;
  readonly reason: string;
  readonly sources: readonly Article[];
  /** What the verdict is read from. */
  readonly reads: readonly (keyof Decision)[];
  /** `either`: this criterion permits both. */
  readonly verdict: (decision: Decision) => Verdict;
}

type Verdict = 'sync' | 'async' | 'either';

/** The articles that the criteria come from, by title. */
export const articles = {
  strategies:
    'Strategies for choosing synchronous versus asynchronous integration for various business-critical microservices',
  practice: 'Microservices Communication: Synchronous vs Asynchronous',
  patterns: 'Microservices Communication Patterns: Sync vs Async Design Choices for System Resilience',
  framework: 'Microservices Communication: Sync vs Async',
} as const;
type Article = keyof typeof articles;

/** Below this budget an answer through a topic is too late: relay, broker and consumer each add latency. */
export const SUB_SECOND_MS = 1_000;

export const criteria: readonly Criterion[] = [
  {
    name: 'response-needed',
    question: 'Does someone wait for the answer?',
    syncWhen: 'a customer, a developer or the saga cannot continue without it',
    asyncWhen: 'nobody waits: it is background work or a notification',
    reason:
      'A call that nobody waits for only ties two services together; an event that someone waits for is a slow call.',
    sources: ['framework', 'practice', 'strategies'],
    reads: ['waits'],
    verdict: ({ waits }) => (waits === 'nobody' ? 'async' : 'sync'),
  },
  {
    name: 'consistency',
    question: 'Must both sides agree when the call ends?',
    syncWhen: 'yes: strong consistency',
    asyncWhen: '–',
    reason:
      'Only an answer says that the other side agrees. Eventual consistency permits events, but does not ask for them.',
    sources: ['framework', 'practice', 'strategies'],
    reads: ['consistency'],
    verdict: ({ consistency }) => (consistency === 'strong' ? 'sync' : 'either'),
  },
  {
    name: 'coupling-tolerance',
    question: 'Can the caller continue while the callee is unavailable?',
    syncWhen: 'no: without its answer the caller has none',
    asyncWhen: 'yes, and nobody would notice',
    reason: 'A caller is at most as available as all that it calls: five parts of 99 % are about 95 %.',
    sources: ['framework', 'practice', 'strategies'],
    reads: ['waits', 'consistency'],
    verdict: ({ waits, consistency }) => {
      if (waits === 'nobody') return 'async';
      return consistency === 'strong' ? 'sync' : 'either';
    },
  },
  {
    name: 'failure-handling',
    question: 'Who must learn of a failure, and when?',
    syncWhen: 'a person, at once: they may correct the order or come back later',
    asyncWhen: 'nobody: it is delivered again later; if it fails permanently, it is dead-lettered',
    reason: 'A broker keeps a failed message and redelivers it; a person can be told only while they wait.',
    sources: ['framework', 'strategies'],
    reads: ['waits'],
    verdict: ({ waits }) => {
      if (waits === 'nobody') return 'async';
      return waits === 'saga' ? 'either' : 'sync';
    },
  },
  {
    name: 'throughput',
    question: 'May a burst wait its turn?',
    syncWhen: '–',
    asyncWhen: 'yes: it can be postponed, and nobody waits',
    reason: 'A burst of calls needs capacity now, a burst of events only time: a topic smooths it.',
    sources: ['framework', 'patterns', 'strategies'],
    reads: ['waits', 'criticality'],
    verdict: ({ waits, criticality }) => (waits === 'nobody' && criticality === 'deferrable' ? 'async' : 'either'),
  },
  {
    name: 'latency-sensitivity',
    question: 'How long is the answer of use?',
    syncWhen: 'for less than a second',
    asyncWhen: '–',
    reason:
      'Relay, broker and consumer each add latency, and a consumer may lag. A longer budget leaves the choice open.',
    sources: ['framework', 'practice'],
    reads: ['latencyBudgetMs'],
    verdict: ({ latencyBudgetMs }) => (latencyBudgetMs < SUB_SECOND_MS ? 'sync' : 'either'),
  },
];
