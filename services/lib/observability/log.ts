import { trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import { currentRequestId } from '../http/request-id.ts';
import { redactFields } from './secrets.ts';

export type Log = Logger;

/** The fields that link a log line to its trace and request. */
function correlation(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  const requestId = currentRequestId();
  return {
    ...(span && { trace_id: span.traceId, span_id: span.spanId }),
    ...(requestId !== undefined && { request_id: requestId }),
  };
}

/** Creates a log of JSON lines on stdout. The values of secret fields are replaced. */
export function createLog(service: string, level: string, destination?: { write(line: string): unknown }): Log {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => redactFields(fields) },
      serializers: { err: serializeError },
      mixin: correlation,
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

/** Anything may be thrown: pino passes on what is not an Error. */
function serializeError(thrown: Error): unknown {
  return thrown instanceof Error ? redactFields(pino.stdSerializers.err(thrown)) : thrown;
}

/** A log that writes nothing, for tests. */
export const silentLog: Log = pino({ level: 'silent' });
