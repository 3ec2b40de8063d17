import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** A span as a collector receives it. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root span. */
  readonly parentId: string;
  /** The whole span, as protobuf. */
  readonly bytes: Buffer;
}

/** An OTLP collector on 127.0.0.1 that keeps all spans. */
export async function startCollector(): Promise<{ url: string; spans: ReceivedSpan[]; stop(): void }> {
  const spans: ReceivedSpan[] = [];
  const server = new Server();
  const asIs = (bytes: Buffer) => bytes;
  const codec = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  server.addService(
    { Export: { path, requestStream: false, responseStream: false, ...codec } },
    {
      Export: (call: { request: Buffer }, callback: (error: null, response: Buffer) => void) => {
        spans.push(...readSpans(call.request));
        callback(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { url: `http://127.0.0.1:${port}`, spans, stop: () => server.forceShutdown() };
}

/** Reads the needed fields of an ExportTraceServiceRequest. The field numbers are those of opentelemetry-proto. */
function readSpans(request: Uint8Array): ReceivedSpan[] {
  return children(request, 1).flatMap((resourceSpans) => {
    const attributes = children(resourceSpans, 1).flatMap((resource) => children(resource, 1));
    const names = attributes.filter((attribute) => text(attribute, 1) === 'service.name');
    const service = names.flatMap((attribute) => children(attribute, 2)).map((value) => text(value, 1))[0] ?? '';
    const spans = children(resourceSpans, 2).flatMap((scopeSpans) => children(scopeSpans, 2));
    return spans.map((span) => ({
      service,
      name: text(span, 5),
      traceId: hex(span, 1),
      spanId: hex(span, 2),
      parentId: hex(span, 4),
      bytes: Buffer.from(span),
    }));
  });
}

function children(message: Uint8Array, field: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === field && wireType === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(wireType);
  }
  return found;
}

function text(message: Uint8Array, field: number): string {
  return Buffer.from(children(message, field)[0] ?? []).toString('utf8');
}

function hex(message: Uint8Array, field: number): string {
  return Buffer.from(children(message, field)[0] ?? []).toString('hex');
}
