import { setTimeout as sleep } from 'node:timers/promises';
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Log } from '../observability/log.ts';
import { describeError } from '../observability/serialize-error.ts';
import { extractTrace } from '../observability/tracing.ts';
import { hasCode } from '../runtime/domain-error.ts';
import { shorten } from '../runtime/shorten.ts';
import { backOffMs } from '../runtime/timing.ts';
import type { EventType } from './cloud-event.ts';
import { type CloudEvent, decodeEvent } from './cloud-event.ts';
import { type DeadLetterCause, publishDeadLetter, readTargetGroup, toUnreadable, Unreadable } from './dead-letter.ts';
import type { IncomingMessage, Publisher } from './message.ts';
import { countDeadLetter, countRedelivery, recordHandling, recordTimeInQueue } from './metrics.ts';

/** What a handler wants the library to do with its event. */
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
  /**
   * All types of events. One in another topic than its own is dead-lettered, handled or not: the service that may write
   * to this topic has written another's event.
   * @default none: the topic of an event is not compared
   */
  readonly events?: readonly EventType[];
  /** Publishes dead-letter messages, to the topic `<group>.dlq`. */
  readonly publisher: Publisher;
  readonly log: Log;
  /**
   * Attempts before the event is dead-lettered.
   * @default 4
   */
  readonly maxAttempts?: number;
  /**
   * Doubles after each attempt: with the defaults, an event that always fails holds its partition for 175 ms.
   * @default 25
   */
  readonly firstBackOffMs?: number;
}

/** How a delivery ended. A message is postponed during an outage, and is then delivered again. */
export type Delivered =
  | { readonly kind: 'done' }
  | { readonly kind: 'dead-lettered' }
  | { readonly kind: 'postponed'; readonly reason: string };

type Handled = Exclude<Delivered, { kind: 'dead-lettered' }> | DeadLetterVerdict;

interface DeadLetterVerdict {
  readonly kind: 'dead-letter';
  readonly cause: DeadLetterCause;
  readonly reason: string;
  readonly attempts: number;
}

/**
 * Handles a message, skips it or dead-letters it. Its span continues the publisher's trace. Does not throw.
 * @param deliveries how often this message was postponed before
 */
export function handleMessage(message: IncomingMessage, options: HandlingOptions, deliveries = 0): Promise<Delivered> {
  const { topic, partition, offset, headers } = message;
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': offset,
    'messaging.kafka.message.key': subjectOf(message),
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

async function decide(message: IncomingMessage, options: HandlingOptions, isFirst: boolean): Promise<Handled> {
  const { group, handlers, events } = options;
  const { unreadable, offset } = message;
  if (unreadable) {
    const reason = `offsets ${unreadable.firstOffset} to ${offset}: ${unreadable.reason}`;
    return { kind: 'dead-letter', cause: 'unreadable-batch', reason, attempts: 0 };
  }
  let event: CloudEvent | undefined;
  try {
    const targetGroup = readTargetGroup(message.headers);
    if (targetGroup !== undefined && targetGroup !== group) {
      logSkipped(message, targetGroup, options.log);
      return done;
    }
    event = decodeEvent(
      message,
      handlers.map(({ event }) => event),
      events,
    );
  } catch (error) {
    return deadLetterOf(error, 0);
  }
  const handle = handlers.find((one) => one.event.type === event?.type)?.handle;
  if (!event || !handle) return done;
  if (isFirst) recordTimeInQueue(message, group, Date.now() - Date.parse(event.time));
  return handleUntilDecided(event, handle, message, options);
}

/** Anybody who may write to the topic chooses the key. */
const subjectOf = ({ key }: IncomingMessage): string => shorten(key?.toString() ?? '', 100);
/** The dead-letter message has all of a reason. */
const loggedLength = 500;

const quotesNothing: ReadonlySet<DeadLetterCause> = new Set(['unreadable-batch', 'attempts-exhausted', 'oversize']);

/** Any client that may write to the topic can set the header, so every skipped message has a log line. */
function logSkipped(message: IncomingMessage, targetGroup: string, log: Log): void {
  const { topic, partition, offset } = message;
  const subject = subjectOf(message);
  log.info({ topic, partition, offset, subject, targetGroup }, 'event skipped: redriven for another group');
}

/**
 * Retries a handler that throws: the error is unexpected, and if it persists the dead-letter message keeps the event.
 * Failures during an outage do not count as attempts, otherwise a restart of Postgres would dead-letter every event.
 */
async function handleUntilDecided(
  event: CloudEvent,
  handle: EventHandler,
  message: IncomingMessage,
  { group, log, maxAttempts = 4, firstBackOffMs = 25 }: HandlingOptions,
): Promise<Handled> {
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
    const reason = result.kind === 'thrown' ? describeError(result.error) : result.reason;
    if (attempts === maxAttempts) return { kind: 'dead-letter', cause: 'attempts-exhausted', reason, attempts };
    log.warn(
      { eventId: event.id, type: event.type, subject: event.subject, attempts, reason: shorten(reason, loggedLength) },
      'event handler failed; retrying',
    );
    countRedelivery(message, group);
    await sleep(backOffMs({ firstMs: firstBackOffMs }, attempts));
  }
}

function deadLetterOf(error: unknown, attempts: number): DeadLetterVerdict {
  const cause = error instanceof Unreadable ? error.deadLetterCause : 'not-a-cloudevent';
  return {
    kind: 'dead-letter',
    cause,
    reason: error instanceof Unreadable ? error.message : describeError(error),
    attempts,
  };
}

/** At least once: a process that dies before it commits the offset publishes again, with the same original position. */
async function deadLetter(
  message: IncomingMessage,
  { group, publisher, log }: HandlingOptions,
  { cause, reason, attempts }: DeadLetterVerdict,
  span: Span,
): Promise<Delivered> {
  const { topic, partition, offset } = message;
  span.setStatus({ code: SpanStatusCode.ERROR, message: cause });
  const { traceId } = span.spanContext();
  try {
    await publishDeadLetter(publisher, message, { group, cause, reason, attempts, traceId });
  } catch (error) {
    return { kind: 'postponed', reason: `the dead-letter message could not be published: ${describeError(error)}` };
  }
  countDeadLetter(group, cause);
  // Other reasons quote the data or the headers, which belong in the dead-letter message and not in the log.
  const loggedReason = quotesNothing.has(cause) ? { reason: shorten(reason, loggedLength) } : {};
  const subject = subjectOf(message);
  log.error({ topic, partition, offset, subject, cause, attempts, ...loggedReason }, 'event dead-lettered');
  return { kind: 'dead-lettered' };
}
