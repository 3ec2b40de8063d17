/**
 * Migrations from before the rules that would break one. They ran on tables without much in them, and an applied
 * migration must not change, not even by a waiver in a comment. Nothing is added to this list.
 */
export const released: ReadonlySet<string> = new Set([
  'services/analytics/migrations/0003_inbox_by_age.sql',
  'services/fulfillment/migrations/0004_outbox_partitions.sql',
  'services/fulfillment/migrations/0005_inbox_by_age.sql',
  'services/notifications/migrations/0003_inbox_by_age.sql',
  'services/orders/migrations/0007_key_leases.sql',
  'services/orders/migrations/0009_outbox_partitions.sql',
  'services/orders/migrations/0010_inbox_by_age.sql',
]);
