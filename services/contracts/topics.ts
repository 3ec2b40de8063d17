/** The CloudEvents source of each topic: its only publisher. */
export const sources = {
  'orders.v1': '/windlass/orders',
  'payments.v1': '/windlass/orders',
  'inventory.v1': '/windlass/orders',
  'fulfillment.v1': '/windlass/fulfillment',
} as const;

export type TopicName = keyof typeof sources;

/** The deployment that publishes the events of each source. */
const relays = { '/windlass/orders': 'orders-worker', '/windlass/fulfillment': 'fulfillment' } as const;

/** @returns the deployment whose outbox the events of a topic come from; undefined if it is no topic of events */
export function relayOf(topic: string): string | undefined {
  return Object.hasOwn(sources, topic) ? relays[sources[topic as TopicName]] : undefined;
}

/** The deployments that consume each topic. The group of each has its name. */
const consumers: Readonly<Record<TopicName, readonly string[]>> = {
  'orders.v1': ['fulfillment', 'notifications', 'analytics'],
  'payments.v1': [],
  'inventory.v1': [],
  'fulfillment.v1': ['orders-worker'],
};

/** @returns the groups that consume a topic; none if it is no topic of events */
export function consumersOf(topic: string): readonly string[] {
  return Object.hasOwn(consumers, topic) ? consumers[topic as TopicName] : [];
}

/** All topics that a publisher has. */
export function topicsOf(source: (typeof sources)[TopicName]): string[] {
  return Object.entries(sources).flatMap(([topic, publisher]) => (publisher === source ? [topic] : []));
}
