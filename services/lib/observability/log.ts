import { trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import { currentRequestId } from '../http/request-id.ts';

export type Log = Logger;

/** Ties a line to its trace and request. */
function correlation(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  const requestId = currentRequestId();
  return {
    ...(span && { trace_id: span.traceId, span_id: span.spanId }),
    ...(requestId !== undefined && { request_id: requestId }),
  };
}

/** Paths that are never written, however they got into a line. */
const redactedPaths = ['paymentToken', 'payment_token', 'DATABASE_URL', 'connectionString', 'password'].flatMap(
  (name) => [name, `*.${name}`],
);

/** JSON lines on stdout, one per event. Log `{ orderId }` where there is one; never card data, tokens or DSNs. */
export function createLog(service: string, level: string, destination?: { write(line: string): unknown }): Log {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: correlation,
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

/** A log that writes nothing, for tests. */
export const silentLog: Log = pino({ level: 'silent' });
