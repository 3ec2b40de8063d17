import { logLevel } from 'kafkajs';
import { type DeadLetterCause, deadLetterTopic, toRedriven, unsentPartitionName } from './dead-letter.ts';
import { type KafkaEndpoint, newClient } from './kafka-endpoint.ts';
import type { IncomingMessage, Publisher } from './message.ts';
import { visitTopic } from './read-topic.ts';

/** A dead-letter message that no operator has redriven or dropped yet. */
export interface DeadLetterMessage {
  /** The group and the offset in its dead-letter topic: `notifications/17`. */
  readonly id: string;
  readonly group: string;
  readonly cause: string;
  readonly reason: string;
  readonly attempts: number;
  /**
   * `orders.v1/2/17`: topic, partition, offset; `orders.v1/outbox/17` if it never reached its topic;
   * `orders.v1/2/17-20` for a batch that could not be read.
   */
  readonly originalPosition: string;
  readonly originalTopic: string;
  /** True if the message never reached its topic: the broker refused it. */
  readonly isUnsent: boolean;
  readonly traceId: string;
  /** ISO 8601. */
  readonly at: string;
  /** True if the copy is incomplete because the message was too large. */
  readonly isCut: boolean;
  /** The key of the original as text, at most 100 characters; empty without a key. */
  readonly key: string;
}

/** A dead-letter message with the original message. Each has up to a megabyte, so a program keeps one at a time. */
export interface WholeDeadLetterMessage extends DeadLetterMessage {
  readonly message: IncomingMessage;
}

type Resolution = 'redriven' | 'dropped';

const resolves = 'dl-resolves';
const maxKeyBytes = 400;

/** The groups that have a dead-letter topic. */
export async function listGroups(kafka: KafkaEndpoint): Promise<string[]> {
  const admin = newClient(kafka, { clientId: 'reader', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const suffix = deadLetterTopic('');
    const topics = await admin.listTopics();
    return topics
      .filter((topic) => topic.endsWith(suffix))
      .map((topic) => topic.slice(0, -suffix.length))
      .sort();
  } finally {
    await admin.disconnect();
  }
}

/** A group's open dead-letter messages, without the originals, newest last. */
export async function readDeadLetters(kafka: KafkaEndpoint, group: string): Promise<DeadLetterMessage[]> {
  const open = new Map<string, DeadLetterMessage>();
  const closed = new Set<string>();
  // The topic is append-only: a later record with the original position closes a dead-letter message. A consumer that
  // died before it committed the offset has written the message twice; only the first copy counts.
  await visitTopic(kafka, deadLetterTopic(group), (record) => {
    const position = record.headers[resolves];
    if (position !== undefined) {
      closed.add(position);
      open.delete(position);
    }
    const whole = toDeadLetterMessage(group, record);
    if (!whole || closed.has(whole.originalPosition) || open.has(whole.originalPosition)) return;
    const { message: _, ...deadLetter } = whole;
    open.set(whole.originalPosition, deadLetter);
  });
  return [...open.values()];
}

/** Reads the topic again and visits these messages of a group one after the other, with their originals. */
export function visitDeadLetters(
  kafka: KafkaEndpoint,
  group: string,
  ids: ReadonlySet<string>,
  visit: (deadLetter: WholeDeadLetterMessage) => Promise<void> | void,
): Promise<void> {
  return visitTopic(kafka, deadLetterTopic(group), async (record) => {
    const deadLetter = ids.has(idOf(group, record)) ? toDeadLetterMessage(group, record) : undefined;
    if (deadLetter) await visit(deadLetter);
  });
}

function idOf(group: string, { offset }: IncomingMessage): string {
  return `${group}/${offset}`;
}

/**
 * Sends the original message back to the end of its topic, for its target group only and under its old event id, so an
 * inbox that has the event changes nothing. It arrives after later events of its order. Redriving twice is harmless.
 * @throws Error if the copy is incomplete
 */
export async function redrive(publisher: Publisher, deadLetter: WholeDeadLetterMessage): Promise<void> {
  if (deadLetter.cause === ('unreadable-batch' satisfies DeadLetterCause)) {
    throw new Error(`${deadLetter.id} has only the position of what could not be read: it can only be dropped.`);
  }
  if (deadLetter.isCut) throw new Error(`${deadLetter.id} was too large to be kept whole: it can only be dropped.`);
  const { message, originalTopic: topic } = deadLetter;
  // No group has met a message that never reached its topic.
  const group = deadLetter.isUnsent ? undefined : deadLetter.group;
  await publisher.publish([toRedriven(message, { topic, group })]);
  await resolve(publisher, deadLetter, 'redriven');
}

export function drop(publisher: Publisher, deadLetter: WholeDeadLetterMessage): Promise<void> {
  return resolve(publisher, deadLetter, 'dropped');
}

/** Called after the action: if the process dies in between, the message stays open and the action can be repeated. */
function resolve(publisher: Publisher, deadLetter: WholeDeadLetterMessage, resolution: Resolution): Promise<void> {
  const { group, originalPosition, message } = deadLetter;
  const headers = { [resolves]: originalPosition, 'dl-resolution': resolution, 'dl-at': new Date().toISOString() };
  return publisher.publish([{ topic: deadLetterTopic(group), key: message.key, value: null, headers }]);
}

function toDeadLetterMessage(group: string, message: IncomingMessage): WholeDeadLetterMessage | undefined {
  const header = (name: string) => message.headers[`dl-${name}`] ?? '';
  const cause = header('cause');
  if (cause === '') return undefined;
  const originalTopic = header('original-topic');
  const last = header('original-last-offset');
  const offsets = `${header('original-offset')}${last === '' ? '' : `-${last}`}`;
  return {
    id: idOf(group, message),
    group,
    cause,
    reason: header('reason'),
    attempts: Number(header('attempts')),
    originalPosition: [originalTopic, header('original-partition'), offsets].join('/'),
    originalTopic,
    isUnsent: header('original-partition') === unsentPartitionName,
    traceId: header('trace-id'),
    at: header('at'),
    isCut: header('cut-from-bytes') !== '',
    key: message.key?.subarray(0, maxKeyBytes).toString().slice(0, 100) ?? '',
    message,
  };
}
