import type { ReleasedTopics } from './model/topology.ts';

/**
 * The topics that exist wherever Windlass runs. A line is added with its topic, and never changed: partitions decide
 * which events stay in order, and a topic that is removed takes its events and its consumers' positions with it.
 */
export const releasedTopics = {
  'orders.v1': { partitions: 3 },
  'payments.v1': { partitions: 3 },
  'inventory.v1': { partitions: 3 },
  'fulfillment.v1': { partitions: 3 },
  'orders-worker.dlq': { partitions: 1 },
  'fulfillment.dlq': { partitions: 1 },
  'analytics.dlq': { partitions: 1 },
  'notifications.dlq': { partitions: 1 },
} as const satisfies ReleasedTopics;
