/** The CloudEvents source of each topic: its only publisher. */
export const sources = {
  'orders.v1': '/windlass/orders',
  'payments.v1': '/windlass/orders',
  'inventory.v1': '/windlass/orders',
  'fulfillment.v1': '/windlass/fulfillment',
} as const;

export type TopicName = keyof typeof sources;

/** All topics that a publisher has. */
export function topicsOf(source: (typeof sources)[TopicName]): string[] {
  return Object.entries(sources).flatMap(([topic, publisher]) => (publisher === source ? [topic] : []));
}
