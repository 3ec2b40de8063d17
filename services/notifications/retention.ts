import { inboxRetention } from '../lib/messaging/retention.ts';
import type { Retentions } from '../lib/postgres/retention.ts';
import { emailsKeptDays, purgeEmails } from './emails.ts';

export const retentionsOf = ({ deduplicationDays }: { readonly deduplicationDays: number }): Retentions => ({
  ...inboxRetention(deduplicationDays),
  emails: { kind: 'purged', kept: `${emailsKeptDays} days`, purge: purgeEmails },
});
