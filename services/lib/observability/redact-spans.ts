import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { isPersonal } from './personal-fields.ts';

type Span = Parameters<OTLPTraceExporter['export']>[0][number];

/**
 * Makes an exporter leave out personal attributes (personal-fields.ts), and the messages of Postgres, which may quote the
 * data of a statement. Such a span keeps the name of the statement and the SQLSTATE.
 */
export function withoutPersonalData(exporter: OTLPTraceExporter): OTLPTraceExporter {
  const send = exporter.export.bind(exporter);
  exporter.export = (spans, done) => send(spans.map(redact), done);
  return exporter;
}

export function redact(span: Span): Span {
  const attributes = withoutPersonal(span.attributes);
  const events = span.events.map((event) =>
    event.attributes ? { ...event, attributes: withoutPersonal(event.attributes) } : event,
  );
  const isQuote = span.instrumentationScope.name.endsWith('/instrumentation-pg') && span.status.message !== undefined;
  const status = isQuote ? { code: span.status.code } : span.status;
  // The other properties are getters of the span.
  return Object.create(span, {
    attributes: { value: attributes, enumerable: true },
    events: { value: events, enumerable: true },
    status: { value: status, enumerable: true },
  }) as Span;
}

function withoutPersonal<Value>(attributes: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const kept: Record<string, Value> = {};
  for (const name in attributes) if (!isPersonalName(name)) kept[name] = attributes[name] as Value;
  return kept;
}

/** The names that instrumentations give are few, and the same in every span. */
const isPersonalNames = new Map<string, boolean>();

function isPersonalName(name: string): boolean {
  const known = isPersonalNames.get(name);
  if (known !== undefined) return known;
  const found = isPersonal(name);
  isPersonalNames.set(name, found);
  return found;
}
