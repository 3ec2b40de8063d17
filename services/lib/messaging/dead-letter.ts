import { z } from 'zod';
import type { IncomingMessage, OutgoingMessage } from './message.ts';

/** Why a message will never be handled: the first five are in the message itself, the last is the handler's own word. */
export const deadLetterCauses = [
  'not-a-cloudevent',
  'unknown-version',
  'bad-data',
  'oversize',
  'tombstone',
  'attempts-exhausted',
  'refused',
] as const;

export type DeadLetterCause = (typeof deadLetterCauses)[number];

/** A message that no further try will make readable. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly deadLetterCause: DeadLetterCause;

  constructor(deadLetterCause: DeadLetterCause, reason: string) {
    super(reason);
    this.deadLetterCause = deadLetterCause;
  }
}

/** protobuf has no class of its own for what `fromJson` throws. */
const protobufMessage = /^cannot decode .+ from JSON/;

/**
 * What the parsers say of data that is not what it should be is the same at each try.
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
  /** Of the handler; 0 if it never saw the message. */
  readonly attempts: number;
  /** Of the span that gave it up; undefined if nothing is traced. */
  readonly traceId: string | undefined;
}

/** Well below a broker's default limit of 1 MiB, with room for what is added. */
const maxCopyBytes = 900 * 1024;
const cutValueBytes = 64 * 1024;
const cutHeaderLength = 512;
const cutHeaderCount = 50;

/**
 * The record that keeps a message for people: its key, value and headers, and `dl-*` headers that say what happened. What
 * would be too large for a broker is cut, which `dl-cut-from-bytes` says: it could not be published, and would be read forever.
 */
export function toDeadLetter(message: IncomingMessage, details: DeadLetterDetails): OutgoingMessage {
  const { topic, partition, offset } = message;
  const { group, cause, reason, attempts, traceId } = details;
  const { key, value, headers } = copyOf(message);
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
      'dl-original-partition': String(partition),
      'dl-original-offset': offset,
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

function copyOf(message: IncomingMessage): Pick<OutgoingMessage, 'key' | 'value' | 'headers'> {
  const { key, value } = message;
  const headers = withoutOurHeaders(message.headers);
  const bytes = countBytes(message);
  if (bytes <= maxCopyBytes) return { key, value, headers };
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

/** `dl-*` are for us to say: in the message of somebody else they would close or change the letters of others. */
function withoutOurHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('dl-')));
}

const header = 'dl-redrive-for';

/** A deployment's name. */
const groupName = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * A dead letter that goes back to its topic is for the group that gave it up: the others have handled it long ago.
 * @returns the group; undefined for a message that is for all
 * @throws Unreadable if that can be no group: all would skip it, and it would be lost
 */
export function readAddressee(headers: OutgoingMessage['headers']): string | undefined {
  const addressee = headers[header];
  if (addressee === undefined || groupName.test(addressee)) return addressee;
  throw new Unreadable(
    'not-a-cloudevent',
    `${header} is ${JSON.stringify(addressee.slice(0, 100))}, but must be the name of a group`,
  );
}

/** The message of a dead letter as it was, addressed to its group. */
export function toRedriven(
  { key, value, headers }: Pick<OutgoingMessage, 'key' | 'value' | 'headers'>,
  { topic, group }: { topic: string; group: string },
): OutgoingMessage {
  return { topic, key, value, headers: { ...withoutOurHeaders(headers), [header]: group } };
}
