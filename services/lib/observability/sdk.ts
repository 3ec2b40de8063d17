import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { readConfig } from '../runtime/read-config.ts';
import { listenVariables } from '../runtime/variables.ts';
import { setStopTracing } from './tracing.ts';

/**
 * Traces by OTLP over gRPC, metrics in Prometheus' format on METRICS_PORT. Name, endpoint and sampler are OpenTelemetry's
 * own OTEL_* variables. Without OTEL_EXPORTER_OTLP_ENDPOINT there are traces (ids in logs and headers) but no export.
 */
export function startSdk(env: NodeJS.ProcessEnv): void {
  const { HOST, METRICS_PORT, ADMIN_PORT } = readConfig(listenVariables, env);
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
  const untracedPorts = new Set<number | undefined>([METRICS_PORT, ADMIN_PORT]);
  const sdk = new NodeSDK({
    // The detected host and process attributes would be repeated with every span and help no reader.
    autoDetectResources: false,
    ...(env.OTEL_SERVICE_NAME && { serviceName: env.OTEL_SERVICE_NAME }),
    ...(env.OTEL_EXPORTER_OTLP_ENDPOINT
      ? { traceExporter: new OTLPTraceExporter() }
      : { spanProcessors: [discardSpans] }),
    metricReaders: [new PrometheusExporter({ host: HOST, port: METRICS_PORT })],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ socket }) => untracedPorts.has(socket.localPort),
      }),
      // Only for the route in the names of the http spans: a span for each middleware helps no reader.
      new ExpressInstrumentation({
        ignoreLayersType: [ExpressLayerType.MIDDLEWARE, ExpressLayerType.REQUEST_HANDLER, ExpressLayerType.ROUTER],
      }),
      new GrpcInstrumentation(),
      // Background polling has no parent and is not traced. A span would be called like its statement, whose name is a hash.
      new PgInstrumentation({
        requireParentSpan: true,
        ignoreConnectSpans: true,
        requestHook: (span, { query, connection }) =>
          span.updateName(`pg.query:${query.text.split(/\s/, 1)[0]} ${connection.database}`),
      }),
    ],
  });
  sdk.start();
  setStopTracing(() => sdk.shutdown());
}

type SpanProcessor = NonNullable<NodeSDKConfiguration['spanProcessors']>[number];

/** For traces that nobody collects: without any processor the SDK would make no spans, and so no ids for logs and headers. */
export const discardSpans: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};
