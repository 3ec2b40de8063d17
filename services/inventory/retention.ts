import { keysRetention } from '../lib/postgres/idempotency.ts';
import { marginDays, type Retentions } from '../lib/postgres/retention.ts';
import { purgeHolds, releasedHoldsKeptDays } from './stock.ts';

export const retentionsOf = ({ recordRetentionDays }: { readonly recordRetentionDays: number }): Retentions => {
  const keptDays = recordRetentionDays + marginDays;
  return {
    idempotency_keys: keysRetention,
    stock: { kind: 'always', why: 'it has one row for each article' },
    order_holds: {
      kind: 'purged',
      kept: `${releasedHoldsKeptDays} days after the release, otherwise ${keptDays} days`,
      purge: (database) => purgeHolds(database, keptDays),
    },
    reservations: { kind: 'with', table: 'order_holds' },
  };
};
