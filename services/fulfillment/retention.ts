import { inboxRetention, outboxRetention } from '../lib/messaging/retention.ts';
import { marginDays, type Retentions } from '../lib/postgres/retention.ts';
import { purgeShipments } from './shipments.ts';

export const retentionsOf = (days: {
  readonly deduplicationDays: number;
  readonly recordRetentionDays: number;
}): Retentions => {
  const keptDays = days.recordRetentionDays + marginDays;
  return {
    ...inboxRetention(days.deduplicationDays),
    ...outboxRetention(days.deduplicationDays),
    shipments: { kind: 'purged', kept: `${keptDays} days`, purge: (db) => purgeShipments(db, keptDays) },
  };
};
