import { type DescMessage, fromJson, type JsonValue, type MessageShape } from '@bufbuild/protobuf';
import { z } from 'zod';
import type { TraceHeaders } from '../observability/tracing.ts';
import { isStorable } from '../postgres/storable.ts';
import { countBytes, Unreadable } from './dead-letter.ts';
import type { IncomingMessage, OutgoingMessage } from './message.ts';

/** A kind of event: its CloudEvents type and source, its topic, and the protobuf message that is its data. */
export interface EventType<Schema extends DescMessage = DescMessage> {
  /** `windlass.order.placed.v1` */
  readonly type: string;
  /** The only service that publishes it: `/windlass/orders`. */
  readonly source: string;
  readonly topic: string;
  readonly schema: Schema;
}

/** A CloudEvent 1.0; `data` is a protobuf message in protobuf's JSON mapping. */
export interface CloudEvent {
  readonly id: string;
  /** The publisher: `/windlass/orders`. */
  readonly source: string;
  readonly type: string;
  /** The id of the order that the event is about, which is also the record's key. At most 64 UTF-16 code units. */
  readonly subject: string;
  /** ISO 8601. */
  readonly time: string;
  readonly data: string;
}

/** CloudEvents' binary mode on Kafka: attributes are `ce_*` headers, the value is the data alone. */
export function encodeEvent(topic: string, event: CloudEvent, trace: TraceHeaders): OutgoingMessage {
  return {
    topic,
    key: event.subject,
    value: event.data,
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: event.source,
      ce_type: event.type,
      ce_subject: event.subject,
      ce_time: event.time,
      'content-type': 'application/json',
      ...trace,
    },
  };
}

/** Far above what our events need, and far below what a broker accepts. */
const maxMessageBytes = 256 * 1024;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ourSource = /^\/windlass\/[a-z-]+$/;
/** Consumers index it, and Postgres cannot index a text of 2,700 bytes. */
const maxSubjectLength = 64;
const isoTime = z.iso.datetime({ offset: true });
const versionedType = /^(.+)\.v\d+$/;

/**
 * Reads a message as an event, without parsing its data.
 * @param handled the types of events that the reader handles
 * @param known all types of events: one that belongs to another topic was not published by its service
 * @returns undefined for a type that the reader does not handle
 * @throws Unreadable naming what is wrong with the message
 */
export function decodeEvent(
  message: IncomingMessage,
  handled: readonly Pick<EventType, 'type' | 'source'>[],
  known: readonly Pick<EventType, 'type' | 'topic'>[] = [],
): CloudEvent | undefined {
  const { topic, headers, key, value } = message;
  const bytes = countBytes(message);
  if (bytes > maxMessageBytes) throw new Unreadable('oversize', `${bytes} bytes, but at most ${maxMessageBytes}`);
  if (value === null) throw new Unreadable('tombstone', 'there is no value, but every event has one');
  const attribute = (name: string, rule: string, holds: (given: string) => boolean): string => {
    const given = headers[`ce_${name}`];
    if (given !== undefined && holds(given)) return given;
    const found = given === undefined ? 'missing' : JSON.stringify(given.slice(0, 100));
    throw new Unreadable('not-a-cloudevent', `ce_${name} is ${found}, but must be ${rule}`);
  };
  const version = attribute('specversion', 'the version of CloudEvents', (given) => given !== '');
  if (version !== '1.0') throw new Unreadable('unknown-version', `ce_specversion is ${version}, but must be 1.0`);
  const event = {
    id: attribute('id', 'a UUID', (given) => uuid.test(given)),
    source: attribute('source', 'the path of a service, such as /windlass/orders', (given) => ourSource.test(given)),
    type: attribute('type', 'a type', (given) => given !== ''),
    subject: attribute(
      'subject',
      `the record's key, of 1 to ${maxSubjectLength} characters that Postgres can store`,
      (given) => given !== '' && given.length <= maxSubjectLength && isStorable(given) && given === key?.toString(),
    ),
    time: attribute('time', 'an ISO 8601 time', (given) => isoTime.safeParse(given).success),
  };
  const home = known.find(({ type }) => type === event.type)?.topic ?? topic;
  if (home !== topic) {
    throw new Unreadable('not-a-cloudevent', `ce_type is ${event.type}, which belongs to ${home}, not to ${topic}`);
  }
  const expected = handled.find(({ type }) => type === event.type);
  if (expected === undefined) {
    const [, base] = versionedType.exec(event.type) ?? [];
    const other = handled.find(({ type }) => base !== undefined && versionedType.exec(type)?.[1] === base);
    if (other === undefined) return undefined;
    throw new Unreadable('unknown-version', `ce_type is ${event.type}, but this service knows only ${other.type}`);
  }
  if (event.source !== expected.source) {
    throw new Unreadable(
      'not-a-cloudevent',
      `ce_source is ${JSON.stringify(event.source.slice(0, 100))}, but ${event.type} comes from ${expected.source}`,
    );
  }
  return { ...event, data: toText(value) };
}

/**
 * Parses an event's data. Unknown fields are ignored, because a newer publisher may add some.
 * @throws Unreadable if the data is not of this type, or about another order than the event's subject: events are in
 *   order only within a subject
 */
export function readEventData<Schema extends DescMessage>(
  { schema }: EventType<Schema>,
  event: CloudEvent,
): MessageShape<Schema> {
  try {
    const json = JSON.parse(event.data) as JsonValue;
    rejectUnknownEnumValues(schema, json);
    const data = fromJson(schema, json, { ignoreUnknownFields: true });
    const { orderId } = data as { readonly orderId?: string };
    if (orderId !== event.subject) throw new Unreadable('bad-data', "orderId is not the event's subject");
    return data;
  } catch (error) {
    throw error instanceof Unreadable ? error : new Unreadable('bad-data', `not ${schema.typeName}: ${error}`);
  }
}

/** `ignoreUnknownFields` also ignores unknown enum values, and would replace each by the first value of its enum. */
function rejectUnknownEnumValues({ fields }: DescMessage, json: JsonValue): void {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return;
  for (const field of fields) {
    const given = json[field.jsonName] ?? json[field.name];
    if (field.fieldKind !== 'enum' || given === undefined || given === null) continue;
    if (field.enum.values.some(({ name, number }) => given === name || given === number)) continue;
    throw new Unreadable(
      'bad-data',
      `${field.jsonName} is ${JSON.stringify(given)}, which is not a value of ${field.enum.name}`,
    );
  }
}

function toText(value: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch {
    throw new Unreadable('bad-data', 'the value is not UTF-8');
  }
}
