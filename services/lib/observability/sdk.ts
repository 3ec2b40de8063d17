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
import { withoutPersonalData } from './redact-spans.ts';
import { traceparentOnly } from './traceparent-only.ts';
import { setStopTracing } from './tracing.ts';

/**
 * Starts traces over OTLP/gRPC, and metrics in Prometheus format on METRICS_PORT. OpenTelemetry's own OTEL_* variables
 * set the name, the endpoint and the sampler. Without OTEL_EXPORTER_OTLP_ENDPOINT, logs and headers have trace ids, but
 * no trace is exported.
 */
export function startSdk(env: NodeJS.ProcessEnv): void {
  const { HOST, METRICS_PORT, ADMIN_PORT } = readConfig(listenVariables, env);
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
  const untracedPorts = new Set<number | undefined>([METRICS_PORT, ADMIN_PORT]);
  const sdk = new NodeSDK({
    // The detected host and process attributes would be noise in every span.
    autoDetectResources: false,
    ...(env.OTEL_SERVICE_NAME && { serviceName: env.OTEL_SERVICE_NAME }),
    ...(env.OTEL_EXPORTER_OTLP_ENDPOINT
      ? { traceExporter: withoutPersonalData(new OTLPTraceExporter()) }
      : { spanProcessors: [discardSpans] }),
    textMapPropagator: traceparentOnly,
    metricReaders: [new PrometheusExporter({ host: HOST, port: METRICS_PORT })],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ socket }) => untracedPorts.has(socket.localPort),
      }),
      // Needed only for the route in the names of http spans. A span for each middleware would be noise.
      new ExpressInstrumentation({
        ignoreLayersType: [ExpressLayerType.MIDDLEWARE, ExpressLayerType.REQUEST_HANDLER, ExpressLayerType.ROUTER],
      }),
      new GrpcInstrumentation(),
      // Background polling has no parent span and is not traced. The hook renames spans, because the default name
      // contains the name of the prepared statement, which is a hash.
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

/**
 * Discards spans. Without any processor the SDK would create no spans, and logs and headers would have no trace ids.
 */
export const discardSpans: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};
