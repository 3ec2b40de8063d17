import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toJsonString } from '@bufbuild/protobuf';
import type { Message, Producer } from 'kafkajs';
import { orderPlaced } from '../../services/contracts/events.ts';
import type { Behavior } from './effects.ts';

export type SentMessage = Message & { readonly headers: Record<string, string> };

/** An order.placed event as orders publishes it. Its total is the event's number within its key. */
export function eventOf(key: string, number: number, behavior: Behavior = 'healthy'): SentMessage {
  const total = { currency: 'USD', amountMinor: BigInt(number) };
  const data = create(orderPlaced.schema, { orderId: key, customerId: behavior, total });
  return {
    key,
    value: toJsonString(orderPlaced.schema, data),
    headers: {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: '/windlass/orders',
      ce_type: orderPlaced.type,
      ce_subject: key,
      ce_time: new Date().toISOString(),
    },
  };
}

/** The seven kinds of poison messages, each with the cause that its dead-letter message must name. */
export const poisons: readonly (readonly [cause: string, poison: (key: string) => SentMessage])[] = [
  ['bad-data', (key) => ({ ...eventOf(key, 0), value: Buffer.from([0x7b, 0xff, 0xfe]) })],
  ['bad-data', (key) => ({ ...eventOf(key, 0), value: '{"orderId":{"not":"a string"}}' })],
  ['oversize', (key) => ({ ...eventOf(key, 0), value: Buffer.alloc(257 * 1024, ' ') })],
  ['tombstone', (key) => ({ ...eventOf(key, 0), value: null })],
  ['attempts-exhausted', (key) => eventOf(key, 0, 'throws')],
  ['unknown-version', (key) => withHeader(eventOf(key, 0), 'ce_type', 'windlass.order.placed.v2')],
  ['not-a-cloudevent', (key) => withHeader(eventOf(key, 0), 'ce_subject', 'the order of somebody else')],
];

function withHeader(message: SentMessage, name: string, value: string): SentMessage {
  return { ...message, headers: { ...message.headers, [name]: value } };
}

const tickMs = 50;
/** The limit of one request to the broker. After the machine stalled, more messages may be due. */
const maxAtOnce = 50;

/** Publishes at a steady rate. `next` creates each message when it is due, and undefined ends the publishing. */
export async function publishSteadily(
  producer: Producer,
  { topic, ratePerSecond, next }: { topic: string; ratePerSecond: number; next: () => SentMessage | undefined },
): Promise<void> {
  const startedAt = performance.now();
  for (let sent = 0; ; ) {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * ratePerSecond);
    const messages: SentMessage[] = [];
    let ended = false;
    for (; sent < due && messages.length < maxAtOnce && !ended; sent++) {
      const message = next();
      if (message) messages.push(message);
      else ended = true;
    }
    if (messages.length > 0) await producer.send({ topic, messages });
    if (ended) return;
    await sleep(tickMs);
  }
}
