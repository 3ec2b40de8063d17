import { trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import { currentRequestId } from '../http/request-id.ts';
import { redactFields } from './secrets.ts';
import { describeError, serializeError } from './serialize-error.ts';

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

/** Creates a log of JSON lines on stdout. The values of secret and personal fields are replaced. */
export function createLog(service: string, level: string, destination?: { write(line: string): unknown }): Log {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => redactFields(fields) },
      serializers: { err: serializeThrown },
      mixin: correlation,
      hooks: {
        logMethod(args, method) {
          method.apply(this, withMessage(args));
        },
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

/** Without a message of the line, pino would take the error's, which may quote data. */
function withMessage<Args extends unknown[]>(args: Args): Args {
  const [fields, message] = args;
  const error = fields instanceof Error ? fields : (fields as { err?: unknown } | undefined | null)?.err;
  if (message !== undefined || !(error instanceof Error)) return args;
  return [fields instanceof Error ? { err: fields } : fields, describeError(error)] as Args;
}

/** Anything may be thrown: pino passes on what is not an Error. */
function serializeThrown(thrown: Error): unknown {
  return thrown instanceof Error ? serializeError(thrown) : thrown;
}

/** A log that writes nothing, for tests. */
export const silentLog: Log = pino({ level: 'silent' });
