import { setTimeout as sleep } from 'node:timers/promises';
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Log } from '../observability/log.ts';
import { extractTrace } from '../observability/tracing.ts';
import { hasCode } from '../runtime/domain-error.ts';
import type { EventType } from './cloud-event.ts';
import { type CloudEvent, decodeEvent } from './cloud-event.ts';
import { type DeadLetterCause, readAddressee, toDeadLetter, toUnreadable, Unreadable } from './dead-letter.ts';
import type { IncomingMessage, Publisher } from './message.ts';
import { countDeadLetter, countRedelivery, recordHandling, recordTimeInQueue } from './metrics.ts';

/** What a handler wants to happen to its event. */
export type Intent =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: string };

export const done = { kind: 'done' } as const satisfies Intent;

export type EventHandler = (event: CloudEvent) => Promise<Intent>;

/** The events that a service handles, each with its handler. Events of other types are skipped. */
export type EventHandlers = readonly { readonly event: EventType; readonly handle: EventHandler }[];

export interface HandlingOptions {
  readonly group: string;
  readonly handlers: EventHandlers;
  /** Where dead letters go: topic `<group>.dlq`. */
  readonly publisher: Publisher;
  readonly log: Log;
  /** Tries before the dead letter. @default 4 */
  readonly maxAttempts?: number;
  /** Doubled after each try: with the defaults, an event that always fails holds its partition for 175 ms. @default 25 */
  readonly firstBackOffMs?: number;
}

/** How a delivery ended. What is postponed was nobody's fault and is to be delivered again. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'dead-lettered' }
  | { readonly kind: 'postponed'; readonly reason: string };

type Verdict = Exclude<Ending, { kind: 'dead-lettered' }> | DeadLetter;

interface DeadLetter {
  readonly kind: 'dead-letter';
  readonly cause: DeadLetterCause;
  readonly reason: string;
  readonly attempts: number;
}

/**
 * Handles a message, skips it or dead-letters it. Its span continues the publisher's trace. Does not throw.
 * @param deliveries how often this message was postponed before
 */
export function handleMessage(message: IncomingMessage, options: HandlingOptions, deliveries = 0): Promise<Ending> {
  const { topic, partition, offset, key, headers } = message;
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': offset,
    'messaging.kafka.message.key': key?.toString() ?? '',
    'messaging.consumer.group.name': options.group,
  };
  const parent = extractTrace(headers);
  const span = trace
    .getTracer('windlass-kafka')
    .startSpan(`process ${topic}`, { kind: SpanKind.CONSUMER, attributes }, parent);
  return context.with(trace.setSpan(parent, span), async () => {
    const startedAt = performance.now();
    if (deliveries > 0) countRedelivery(message, options.group);
    const verdict = await decide(message, options, deliveries === 0);
    const ending = verdict.kind === 'dead-letter' ? await deadLetter(message, options, verdict, span) : verdict;
    if (ending.kind === 'postponed') span.setStatus({ code: SpanStatusCode.ERROR, message: ending.reason });
    span.end();
    const errorType = verdict.kind === 'dead-letter' ? verdict.cause : verdict.kind;
    recordHandling(message, options.group, performance.now() - startedAt, errorType === 'done' ? undefined : errorType);
    return ending;
  });
}

async function decide(message: IncomingMessage, options: HandlingOptions, isFirst: boolean): Promise<Verdict> {
  const { group, handlers } = options;
  let event: CloudEvent | undefined;
  try {
    const addressee = readAddressee(message.headers);
    if (addressee !== undefined && addressee !== group) {
      logSkipped(message, addressee, options.log);
      return done;
    }
    event = decodeEvent(
      message,
      handlers.map(({ event }) => event),
    );
  } catch (error) {
    return deadLetterOf(error, 0);
  }
  const handle = handlers.find((one) => one.event.type === event?.type)?.handle;
  if (!event || !handle) return done;
  if (isFirst) recordTimeInQueue(message, group, Date.now() - Date.parse(event.time));
  return handleUntilDecided(event, handle, message, options);
}

/** Any client that may write to the topic can set the header, so no message is skipped without a log line. */
function logSkipped({ topic, partition, offset, key }: IncomingMessage, addressee: string, log: Log): void {
  const orderId = key?.toString().slice(0, 100);
  log.info({ topic, partition, offset, orderId, addressee }, 'event skipped: redriven for another group');
}

/**
 * A handler that throws did not foresee this; another try may go better, and the dead letter keeps the event if not. An
 * outage is not the event's fault: its tries do not count, else a restart of Postgres would dead-letter all that comes.
 */
async function handleUntilDecided(
  event: CloudEvent,
  handle: EventHandler,
  message: IncomingMessage,
  { group, log, maxAttempts = 4, firstBackOffMs = 25 }: HandlingOptions,
): Promise<Verdict> {
  for (let attempts = 1; ; attempts++) {
    const result = await handle(event).catch((error: unknown) => ({ kind: 'thrown', error }) as const);
    if (result.kind === 'done') return done;
    if (result.kind === 'dead-letter') return { ...result, cause: 'refused', attempts };
    if (result.kind === 'thrown') {
      const { error } = result;
      if (hasCode(error, 'unavailable') || hasCode(error, 'outcome-unknown')) {
        return { kind: 'postponed', reason: error.message };
      }
      const unreadable = toUnreadable(error);
      if (unreadable) return deadLetterOf(unreadable, attempts);
    }
    const reason = result.kind === 'thrown' ? String(result.error) : result.reason;
    if (attempts === maxAttempts) return { kind: 'dead-letter', cause: 'attempts-exhausted', reason, attempts };
    log.warn({ eventId: event.id, type: event.type, orderId: event.subject, attempts, reason }, 'event to be retried');
    countRedelivery(message, group);
    await sleep(firstBackOffMs * 2 ** (attempts - 1));
  }
}

function deadLetterOf(error: unknown, attempts: number): DeadLetter {
  const cause = error instanceof Unreadable ? error.deadLetterCause : 'not-a-cloudevent';
  return { kind: 'dead-letter', cause, reason: error instanceof Error ? error.message : String(error), attempts };
}

/** At least once: who dies between this and the commit of the offset will do it again, with the same original position. */
async function deadLetter(
  message: IncomingMessage,
  { group, publisher, log }: HandlingOptions,
  { cause, reason, attempts }: DeadLetter,
  span: Span,
): Promise<Ending> {
  const { topic, partition, offset } = message;
  span.setStatus({ code: SpanStatusCode.ERROR, message: cause });
  const { traceId } = span.spanContext();
  try {
    await publisher.publish([toDeadLetter(message, { group, cause, reason, attempts, traceId })]);
  } catch (error) {
    return { kind: 'postponed', reason: `the dead letter could not be published: ${error}` };
  }
  countDeadLetter(group, cause);
  // What is wrong with data quotes it: that is for the dead letter, not for the log.
  const said = cause === 'bad-data' ? {} : { reason };
  const orderId = message.key?.toString().slice(0, 100);
  log.error({ topic, partition, offset, orderId, cause, attempts, ...said }, 'event dead-lettered');
  return { kind: 'dead-lettered' };
}
