import type { Retention } from '../postgres/retention.ts';
import { purgeInbox } from './inbox.ts';
import { purgeOutbox } from './outbox.ts';

/**
 * The retention of the tables of a consumer.
 * @param days longer than any topic keeps an event
 */
export const inboxRetention = (days: number) =>
  ({
    inbox: {
      kind: 'purged',
      kept: `${days} days after the event came, longer than its topic keeps it`,
      purge: (database) => purgeInbox(database, days),
    },
  }) as const satisfies Record<string, Retention>;

/** The retention of the tables of a publisher. */
export const outboxRetention = (days: number) =>
  ({
    outbox: {
      kind: 'purged',
      kept: `${days} days after it was published, longer than its topic keeps it; always until it is published`,
      purge: (database) => purgeOutbox(database, days),
    },
    topic_ends: { kind: 'always', why: 'it has one row for each topic' },
  }) as const satisfies Record<string, Retention>;
