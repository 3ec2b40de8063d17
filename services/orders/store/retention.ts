import { inboxRetention, outboxRetention } from '../../lib/messaging/retention.ts';
import type { Retentions } from '../../lib/postgres/retention.ts';
import { actionsKeptDays, purgeActions } from '../saga/purge-actions.ts';
import { keysKeptHours, purgeOrderKeys } from './idempotency-keys.ts';
import { purgeOrders } from './purge-orders.ts';

export const retentionsOf = ({
  deduplicationDays,
  recordRetentionDays,
}: {
  readonly deduplicationDays: number;
  readonly recordRetentionDays: number;
}): Retentions => ({
  ...inboxRetention(deduplicationDays),
  ...outboxRetention(deduplicationDays),
  idempotency_keys: {
    kind: 'purged',
    kept: `${keysKeptHours} hours after the final answer; others until the payment is settled, at most minutes`,
    purge: purgeOrderKeys,
  },
  abandoned_payments: { kind: 'until', end: 'the payment is reversed, or was never there' },
  orders: {
    kind: 'purged',
    kept: `${recordRetentionDays} days after its end; always until then`,
    purge: (database) => purgeOrders(database, recordRetentionDays),
  },
  order_history: { kind: 'with', table: 'orders' },
  sagas: { kind: 'with', table: 'orders' },
  saga_steps: { kind: 'with', table: 'orders' },
  order_actions: {
    kind: 'purged',
    kept: `${actionsKeptDays} days; repeats until their call is made`,
    purge: purgeActions,
  },
});
