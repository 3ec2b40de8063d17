import { isSpanContextValid, trace } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { startSdk } from './sdk.ts';
import { stopTracing } from './tracing.ts';

test('without a collector there are still trace ids for logs and headers', async () => {
  startSdk({ HOST: '127.0.0.1', METRICS_PORT: '0', ADMIN_PORT: '0' });
  const span = trace.getTracer('test').startSpan('some');
  expect(isSpanContextValid(span.spanContext())).toBe(true);
  await stopTracing();
});
