import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';

type Span = Parameters<OTLPTraceExporter['export']>[0][number];

/**
 * Makes an exporter leave out the messages of Postgres, which may quote the data of a statement. The span keeps the
 * name of the statement and the SQLSTATE.
 */
export function withoutQuotes(exporter: OTLPTraceExporter): OTLPTraceExporter {
  const send = exporter.export.bind(exporter);
  exporter.export = (spans, done) => send(spans.map(redact), done);
  return exporter;
}

function redact(span: Span): Span {
  if (!span.instrumentationScope.name.endsWith('/instrumentation-pg') || span.status.message === undefined) return span;
  return Object.create(span, { status: { value: { code: span.status.code }, enumerable: true } }) as Span;
}
