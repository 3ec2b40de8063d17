/** What is asked of the program `operations/customer.ts` of each service (services/lib/runtime/subject-program.ts). */
export interface CustomerRequest {
  readonly action: 'export' | 'erase' | 'try-erase';
  readonly subject: { readonly id: string; readonly records: readonly string[] };
}

/** Asks one service. @throws Error that says why it cannot be done */
export type Ask = (service: CustomerService, request: CustomerRequest) => Promise<object>;

/** The service that knows the orders of a customer, which all others are asked about. */
const first = 'orders-worker';
/** Services that keep something about a customer or their orders. The acquirer is a partner with books of its own. */
const others = ['inventory', 'payments', 'fulfillment', 'notifications', 'analytics'] as const;
/** Those that keep more than ids of orders, in the order in which they erase: only the first one may refuse. */
const erasing = [first, 'notifications'] as const;

export type CustomerService = typeof first | (typeof others)[number];

/** The program of a service, below services/. */
export const programOf = (service: CustomerService) =>
  `${service === first ? 'orders' : service}/operations/customer.ts`;

/** Everything that every service keeps about a customer, by service. */
export async function exportCustomer(id: string, ask: Ask): Promise<Readonly<Record<string, object>>> {
  const ofOrders = (await ask(first, { action: 'export', subject: { id, records: [] } })) as {
    orders: readonly { orderId: string }[];
    idempotencyKeys: readonly { orderId: string }[];
  };
  const records = [
    ...new Set([...ofOrders.orders, ...ofOrders.idempotencyKeys].map(({ orderId }) => orderId)),
  ].toSorted();
  const answers = await Promise.all(
    others.map(async (service) => [service, await ask(service, { action: 'export', subject: { id, records } })]),
  );
  return { orders: ofOrders, ...Object.fromEntries(answers) };
}

/** What an erasure changed, or would change: how many rows of each kind, by service. */
export type Erasure = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Erases a customer. If it fails in between, a second run does the rest.
 * @throws Error that names the orders that are still open; then nothing was changed
 */
export async function eraseCustomer(id: string, { isDryRun }: { isDryRun: boolean }, ask: Ask): Promise<Erasure> {
  const erasure: Record<string, Readonly<Record<string, number>>> = {};
  const action = isDryRun ? 'try-erase' : 'erase';
  for (const service of erasing)
    erasure[service === first ? 'orders' : service] = (await ask(service, {
      action,
      subject: { id, records: [] },
    })) as Record<string, number>;
  return erasure;
}

/** The days for which Kafka keeps records at most, of a topic as its KafkaTopic states it. */
export interface KeptTopic {
  readonly name: string;
  readonly days: number;
}

/** An erasure for people. */
export function describeErasure(erasure: Erasure, topics: readonly KeptTopic[], isDryRun: boolean): string {
  const lines = Object.entries(erasure).flatMap(([service, counts]) =>
    Object.entries(counts).map(([what, count]) => `${service}: ${count} ${what}`),
  );
  const days = (of: readonly KeptTopic[]) => Math.ceil(Math.max(...of.map((topic) => topic.days)));
  const [deadLetters, events] = [true, false].map((is) => topics.filter(({ name }) => name.endsWith('.dlq') === is));
  const kept =
    `Kafka still has events with the id of the customer: topics for at most ${days(events ?? [])} days, dead-letter ` +
    `topics for at most ${days(deadLetters ?? [])} days. Backups have the data until they are deleted; after a ` +
    'restore, run this again.';
  return [...lines, ...(isDryRun ? ['Nothing was changed: this was a dry run.'] : []), kept].join('\n');
}
