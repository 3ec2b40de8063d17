import { type DescMessage, fromJsonString, type MessageShape } from '@bufbuild/protobuf';
import type { EventType } from '../../contracts/events.ts';
import type { TraceHeaders } from '../tracing/trace-context.ts';
import type { IncomingMessage, OutgoingMessage } from './message.ts';

/** A CloudEvent 1.0; `data` is a protobuf message in protobuf's JSON mapping. */
export interface CloudEvent {
  readonly id: string;
  /** Who published it: `/windlass/orders`. */
  readonly source: string;
  readonly type: string;
  /** The order id, which is also the record's key. */
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

/** @throws Error if the message is not a CloudEvent in binary mode */
export function decodeEvent({ headers, value }: IncomingMessage): CloudEvent {
  const attribute = (name: string): string => {
    const found = headers[`ce_${name}`];
    if (!found) throw new Error(`The message has no ce_${name}: it is not a CloudEvent in binary mode.`);
    return found;
  };
  return {
    id: attribute('id'),
    source: attribute('source'),
    type: attribute('type'),
    subject: attribute('subject'),
    time: attribute('time'),
    data: value,
  };
}

/** Unknown fields are ignored: a newer publisher may add some. @throws Error if the data is not of this type */
export function readEventData<Schema extends DescMessage>(
  type: EventType<Schema>,
  event: CloudEvent,
): MessageShape<Schema> {
  return fromJsonString(type.schema, event.data, { ignoreUnknownFields: true });
}
