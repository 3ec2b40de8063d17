/** How long each table keeps its rows, as the services state it where the tables are known. */
import { topology } from '../../cdk8s/topology.ts';
import { retentions as acquirer } from '../../services/acquirer/retention.ts';
import { retentionsOf as analytics } from '../../services/analytics/retention.ts';
import { retentionsOf as fulfillment } from '../../services/fulfillment/retention.ts';
import { retentionsOf as inventory } from '../../services/inventory/retention.ts';
import type { Retentions } from '../../services/lib/postgres/retention.ts';
import { retentionsOf as notifications } from '../../services/notifications/retention.ts';
import { retentionsOf as orders } from '../../services/orders/store/retention.ts';
import { retentions as payments } from '../../services/payments/retention.ts';

/** By database. */
export const retentions: Readonly<Record<string, Retentions>> = {
  acquirer,
  analytics: analytics(topology),
  fulfillment: fulfillment(topology),
  inventory: inventory(topology),
  notifications: notifications(topology),
  orders: orders(topology),
  payments,
};
