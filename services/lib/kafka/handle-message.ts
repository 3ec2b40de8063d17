import { setTimeout as sleep } from 'node:timers/promises';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { hasCode } from '../errors/domain-error.ts';
import type { Log } from '../log/log.ts';
import { extractTrace } from '../tracing/trace-context.ts';
import { type CloudEvent, decodeEvent } from './cloud-event.ts';
import type { IncomingMessage, Publisher } from './message.ts';

/** What a handler wants to happen to its event. */
export type Intent =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: string };

export const done: Intent = { kind: 'done' };

export type EventHandler = (event: CloudEvent) => Promise<Intent>;

/** Handlers by CloudEvents type. Events of other types are skipped. */
export type EventHandlers = Readonly<Record<string, EventHandler>>;

export interface HandlingOptions {
  readonly group: string;
  readonly handlers: EventHandlers;
  /** Where dead letters go: topic `<group>.dlq`. */
  readonly publisher: Publisher;
  readonly log: Log;
  /** Tries before the dead letter, not counting those that met an outage. @default 8 */
  readonly maxAttempts?: number;
  /** Doubled after each try, up to 5 s. @default 200 */
  readonly firstBackOffMs?: number;
}

const maxBackOffMs = 5_000;

/**
 * Brings a message to its end: handled, skipped or dead-lettered; later ones of its partition wait. Its span continues the
 * publisher's trace.
 * @param stillHere called between tries, so that the group does not take us for dead
 * @throws only if the dead letter could not be published: the message is then to be delivered again
 */
export function handleMessage(
  message: IncomingMessage,
  options: HandlingOptions,
  stillHere: () => Promise<void>,
): Promise<void> {
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.destination.name': message.topic,
    'messaging.destination.partition.id': String(message.partition),
    'messaging.kafka.offset': message.offset,
    'messaging.kafka.message.key': message.key,
    'messaging.consumer.group.name': options.group,
  };
  const parent = extractTrace(message.headers);
  const tracer = trace.getTracer('windlass-kafka');
  const span = tracer.startSpan(`process ${message.topic}`, { kind: SpanKind.CONSUMER, attributes }, parent);
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      const intent = await handleUntilDecided(message, options, stillHere);
      if (intent.kind === 'done') return;
      span.setStatus({ code: SpanStatusCode.ERROR, message: intent.reason });
      await deadLetter(message, options, intent.reason);
    } finally {
      span.end();
    }
  });
}

async function handleUntilDecided(
  message: IncomingMessage,
  { handlers, log, maxAttempts = 8, firstBackOffMs = 200 }: HandlingOptions,
  stillHere: () => Promise<void>,
): Promise<Intent> {
  let event: CloudEvent;
  try {
    event = decodeEvent(message);
  } catch (error) {
    return { kind: 'dead-letter', reason: String(error) };
  }
  const handle = handlers[event.type];
  if (!handle) return done;
  let counted = 0;
  for (let attempt = 1; ; attempt++) {
    const intent = await handle(event).catch(toRetry);
    if (intent.kind !== 'retry') return intent;
    const { reason } = intent;
    log.warn(
      { eventId: event.id, type: event.type, orderId: event.subject, attempt },
      `event to be retried: ${reason}`,
    );
    if (!('isOutage' in intent)) counted += 1;
    if (counted === maxAttempts) return { kind: 'dead-letter', reason: `${maxAttempts} tries: ${reason}` };
    await sleep(Math.min(firstBackOffMs * 2 ** (attempt - 1), maxBackOffMs));
    await stillHere();
  }
}

/**
 * A handler that throws did not foresee this; another try may go better, and the dead letter keeps the event if not. An
 * outage is not the event's fault: its tries do not count, else a restart of Postgres would dead-letter all that comes.
 */
function toRetry(error: unknown): Intent | { kind: 'retry'; reason: string; isOutage: true } {
  const retry = { kind: 'retry', reason: String(error) } as const;
  return hasCode(error, 'unavailable') || hasCode(error, 'outcome-unknown') ? { ...retry, isOutage: true } : retry;
}

async function deadLetter(
  message: IncomingMessage,
  { group, publisher, log }: HandlingOptions,
  reason: string,
): Promise<void> {
  const { key, value, topic, partition, offset } = message;
  log.error({ topic, partition, offset, orderId: key, reason }, 'event dead-lettered');
  const origin = { 'x-origin-topic': topic, 'x-origin-partition': String(partition), 'x-origin-offset': offset };
  const headers = { ...message.headers, ...origin, 'x-dead-letter-reason': reason };
  await publisher.publish([{ topic: `${group}.dlq`, key, value, headers }]);
}
