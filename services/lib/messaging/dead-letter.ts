import { z } from 'zod';
import { type IncomingMessage, type OutgoingMessage, type Publisher, TooLargeForBroker } from './message.ts';

/**
 * Why a message was dead-lettered. The first five causes are in the message itself; `unreadable-batch` stands for all
 * messages of a batch; `refused` is the handler's decision.
 */
export const deadLetterCauses = [
  'not-a-cloudevent',
  'unknown-version',
  'bad-data',
  'oversize',
  'tombstone',
  'unreadable-batch',
  'attempts-exhausted',
  'refused',
] as const;

export type DeadLetterCause = (typeof deadLetterCauses)[number];

/** A message that stays unreadable, however often it is delivered. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly deadLetterCause: DeadLetterCause;

  constructor(deadLetterCause: DeadLetterCause, reason: string) {
    super(reason);
    this.deadLetterCause = deadLetterCause;
  }
}

/** The message of a failed `fromJson`, for which protobuf has no error class. */
const protobufMessage = /^cannot decode .+ from JSON/;

/**
 * Recognizes the errors of parsers, which are the same at each attempt.
 * @returns undefined for any other error
 */
export function toUnreadable(error: unknown): Unreadable | undefined {
  if (error instanceof Unreadable) return error;
  if (error instanceof z.core.$ZodError) return new Unreadable('bad-data', z.prettifyError(error));
  if (error instanceof Error && protobufMessage.test(error.message)) return new Unreadable('bad-data', error.message);
  return undefined;
}

export interface DeadLetterDetails {
  readonly group: string;
  readonly cause: DeadLetterCause;
  readonly reason: string;
  /** Calls of the handler; 0 if the message never reached it. */
  readonly attempts: number;
  /** The trace in which the message was dead-lettered; undefined if nothing is traced. */
  readonly traceId: string | undefined;
}

/** Well below a broker's default limit of 1 MiB, with room for the added headers. */
const maxCopyBytes = 900 * 1024;
const cutValueBytes = 64 * 1024;
const cutHeaderLength = 512;
/** With the `dl-*` headers well below what a consumer reads (unreadable-batches.ts). */
const cutHeaderCount = 50;

/** The partition of a message that never reached its topic; its offset is the id of its row in the outbox. */
export const unsentPartition = -1;
export const unsentPartitionName = 'outbox';

/**
 * How much of the original a dead-letter message has: all of it, if that is at most 900 KiB and 50 headers; at most about
 * 90 KiB; or its position only.
 */
const copies = ['whole', 'cut', 'none'] as const;

/**
 * Publishes the dead-letter message with as much of the original as the broker takes. Without that, a consumer would
 * read the original forever, and a relay would send it forever.
 */
export async function publishDeadLetter(
  publisher: Publisher,
  message: IncomingMessage,
  details: DeadLetterDetails,
): Promise<void> {
  for (const copy of copies) {
    try {
      return await publisher.publish([toDeadLetter(message, details, copy)]);
    } catch (error) {
      if (!(error instanceof TooLargeForBroker) || copy === 'none') throw error;
    }
  }
}

/**
 * Creates the dead-letter message: the original key, value and headers, and `dl-*` headers that say what happened. If
 * anything was cut off, it has the header `dl-cut-from-bytes`.
 */
function toDeadLetter(
  message: IncomingMessage,
  details: DeadLetterDetails,
  copy: (typeof copies)[number],
): OutgoingMessage {
  const { topic, partition, offset } = message;
  const { group, cause, reason, attempts, traceId } = details;
  const { key, value, headers } = copyOf(message, copy);
  return {
    topic: deadLetterTopic(group),
    key,
    value,
    headers: {
      ...headers,
      'dl-cause': cause,
      'dl-reason': reason.slice(0, cutHeaderLength),
      'dl-attempts': String(attempts),
      'dl-original-topic': topic,
      'dl-original-partition': partition === unsentPartition ? unsentPartitionName : String(partition),
      'dl-original-offset': message.unreadable?.firstOffset ?? offset,
      ...(message.unreadable && { 'dl-original-last-offset': offset }),
      'dl-trace-id': traceId ?? '',
      'dl-at': new Date().toISOString(),
      'dl-group': group,
    },
  };
}

export function deadLetterTopic(group: string): string {
  return `${group}.dlq`;
}

export function countBytes({ key, value, headers }: IncomingMessage): number {
  const inHeaders = Object.entries(headers).flat().join('');
  return (key?.length ?? 0) + (value?.length ?? 0) + Buffer.byteLength(inHeaders);
}

function copyOf(
  message: IncomingMessage,
  copy: (typeof copies)[number],
): Pick<OutgoingMessage, 'key' | 'value' | 'headers'> {
  const { key, value } = message;
  const headers = withoutOurHeaders(message.headers);
  const bytes = countBytes(message);
  const isSmall = bytes <= maxCopyBytes && Object.keys(headers).length <= cutHeaderCount;
  if (copy === 'whole' && isSmall) return { key, value, headers };
  if (copy === 'none') return { key: null, value: null, headers: { 'dl-cut-from-bytes': String(bytes) } };
  const kept = Object.entries(headers)
    .filter(([name]) => name.length <= cutHeaderLength)
    .slice(0, cutHeaderCount)
    .map(([name, text]) => [name, text.slice(0, cutHeaderLength)] as const);
  return {
    key: key?.subarray(0, cutHeaderLength) ?? null,
    value: value?.subarray(0, cutValueBytes) ?? null,
    headers: { ...Object.fromEntries(kept), 'dl-cut-from-bytes': String(bytes) },
  };
}

/** Only this library sets `dl-*` headers. Those of a publisher could close or change other dead-letter messages. */
function withoutOurHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('dl-')));
}

const targetGroupHeader = 'dl-redrive-for';

/** A deployment's name. */
const groupName = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * The target group of a redriven message: the group that gave it up. The other groups have handled it already.
 * @returns undefined for a message that is for all groups
 * @throws Unreadable if the header is not the name of a group: every group would skip the message, and it would be lost
 */
export function readTargetGroup(headers: OutgoingMessage['headers']): string | undefined {
  const targetGroup = headers[targetGroupHeader];
  if (targetGroup === undefined || groupName.test(targetGroup)) return targetGroup;
  throw new Unreadable(
    'not-a-cloudevent',
    `${targetGroupHeader} is ${JSON.stringify(targetGroup.slice(0, 100))}, but must be the name of a group`,
  );
}

/** The original message; with a group, for that target group only. */
export function toRedriven(
  { key, value, headers }: Pick<OutgoingMessage, 'key' | 'value' | 'headers'>,
  { topic, group }: { topic: string; group: string | undefined },
): OutgoingMessage {
  const target = group === undefined ? {} : { [targetGroupHeader]: group };
  return { topic, key, value, headers: { ...withoutOurHeaders(headers), ...target } };
}
