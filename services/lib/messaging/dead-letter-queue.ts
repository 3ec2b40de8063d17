import { Kafka, logLevel } from 'kafkajs';
import { deadLetterTopic, toRedriven } from './dead-letter.ts';
import type { IncomingMessage, Publisher } from './message.ts';
import { readTopic } from './read-topic.ts';

/** A message that a group gave up, and that nobody has dealt with yet. */
export interface DeadLetter {
  /** What people call it: `notifications/17`, its group and its offset in `notifications.dlq`. */
  readonly id: string;
  readonly group: string;
  readonly cause: string;
  readonly reason: string;
  readonly attempts: number;
  /** `orders.v1/2/17`: topic, partition, offset. */
  readonly originalPosition: string;
  readonly originalTopic: string;
  readonly traceId: string;
  /** ISO 8601. */
  readonly at: string;
  /** True if the copy is not whole: the message was too large. */
  readonly isCut: boolean;
  readonly message: IncomingMessage;
}

type Resolution = 'redriven' | 'dropped';

const resolves = 'dl-resolves';

/** The groups that have a dead letter topic. */
export async function listGroups(brokers: readonly string[]): Promise<string[]> {
  const admin = new Kafka({ clientId: 'reader', brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
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

/** A group's open dead letters, newest last. */
export async function readDeadLetters(brokers: readonly string[], group: string): Promise<DeadLetter[]> {
  return openLetters(group, await readTopic(brokers, deadLetterTopic(group)));
}

/**
 * The topic is append-only: a letter is closed by a later record that names its original position. Who died between the
 * letter and the commit of its offset wrote it twice; that is one letter, the first.
 */
function openLetters(group: string, records: readonly IncomingMessage[]): DeadLetter[] {
  const closed = new Set(records.map(({ headers }) => headers[resolves]));
  const letters = new Map<string, DeadLetter>();
  for (const record of records) {
    const letter = toLetter(group, record);
    if (!letter || closed.has(letter.originalPosition) || letters.has(letter.originalPosition)) continue;
    letters.set(letter.originalPosition, letter);
  }
  return [...letters.values()];
}

/**
 * Sends a message back to the end of its topic, for its group alone, under its old event id: an inbox that has it changes
 * nothing. It comes after its order's later events. Doing it twice is harmless.
 * @throws Error if the letter does not have the whole message
 */
export async function redrive(publisher: Publisher, letter: DeadLetter): Promise<void> {
  if (letter.isCut) throw new Error(`${letter.id} was too large to be kept whole: it can only be dropped.`);
  await publisher.publish([toRedriven(letter.message, { topic: letter.originalTopic, group: letter.group })]);
  await resolve(publisher, letter, 'redriven');
}

export function drop(publisher: Publisher, letter: DeadLetter): Promise<void> {
  return resolve(publisher, letter, 'dropped');
}

/** After the deed: who dies between leaves the letter open, and the deed can be repeated. */
function resolve(publisher: Publisher, letter: DeadLetter, resolution: Resolution): Promise<void> {
  const { group, originalPosition, message } = letter;
  const headers = { [resolves]: originalPosition, 'dl-resolution': resolution, 'dl-at': new Date().toISOString() };
  return publisher.publish([{ topic: deadLetterTopic(group), key: message.key, value: null, headers }]);
}

function toLetter(group: string, message: IncomingMessage): DeadLetter | undefined {
  const header = (name: string) => message.headers[`dl-${name}`] ?? '';
  const cause = header('cause');
  if (cause === '') return undefined;
  const originalTopic = header('original-topic');
  return {
    id: `${group}/${message.offset}`,
    group,
    cause,
    reason: header('reason'),
    attempts: Number(header('attempts')),
    originalPosition: `${originalTopic}/${header('original-partition')}/${header('original-offset')}`,
    originalTopic,
    traceId: header('trace-id'),
    at: header('at'),
    isCut: header('cut-from-bytes') !== '',
    message,
  };
}
