import { inboxRetention } from '../lib/messaging/retention.ts';
import type { Retentions } from '../lib/postgres/retention.ts';
import { minutesKeptDays, purgeMinutes } from './facts.ts';

export const retentionsOf = ({ deduplicationDays }: { readonly deduplicationDays: number }): Retentions => ({
  ...inboxRetention(deduplicationDays),
  order_facts: { kind: 'always', why: 'statistics of all time are counted from it; it has no customer' },
  order_totals: {
    kind: 'purged',
    kept: `${minutesKeptDays} days for the totals of a minute; always for those of all time`,
    purge: purgeMinutes,
  },
});
