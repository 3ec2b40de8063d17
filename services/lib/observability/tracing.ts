import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { traceparentOnly } from './traceparent-only.ts';

/** W3C `traceparent`, as message headers and outbox rows carry it. Rows of earlier releases may have more. */
export type TraceHeaders = Readonly<Record<string, string>>;

/**
 * A trace as headers; empty if there is none.
 * @param from default: the active context
 */
export function injectTrace(from: Context = context.active()): TraceHeaders {
  const headers: Record<string, string> = {};
  traceparentOnly.inject(from, headers, defaultTextMapSetter);
  return headers;
}

/** The context in which to start a span that continues the trace of these headers. */
export function extractTrace(headers: TraceHeaders): Context {
  return traceparentOnly.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
}

/**
 * The W3C `traceresponse` header of the active span, by which a caller finds its trace; undefined if nothing is traced.
 */
export function currentTraceresponse(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

let stop = async (): Promise<void> => {};

/** Exports the remaining spans and stops tracing. Does nothing if tracing was not started, as in unit tests. */
export function stopTracing(): Promise<void> {
  return stop();
}

/** Sets how tracing stops. With it, a service can stop tracing without loading the SDK. */
export function setStopTracing(shutdown: () => Promise<void>): void {
  stop = shutdown;
}
