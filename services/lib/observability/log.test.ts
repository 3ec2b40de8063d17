import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { expect, test, vi } from 'vitest';
import { withRequestId } from '../http/request-id.ts';
import { createLog } from './log.ts';

function capture(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLog('orders', 'info', { write: (line) => lines.push(line) }));
  return JSON.parse(lines[0] ?? '');
}

test('a line carries its service, trace, span, request and order', () => {
  const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
  const span = trace.getSpan(trace.setSpanContext(ROOT_CONTEXT, spanContext));
  vi.spyOn(trace, 'getActiveSpan').mockReturnValue(span);
  const line = withRequestId('req-1', () => capture((log) => log.info({ orderId: 'o-1' }, 'order placed')));
  expect(line).toMatchObject({
    level: 'info',
    service: 'orders',
    msg: 'order placed',
    orderId: 'o-1',
    request_id: 'req-1',
    trace_id: spanContext.traceId,
    span_id: spanContext.spanId,
  });
});

test('payment tokens and connection strings are not written', () => {
  const order = { paymentToken: 'tok_ok' };
  const line = capture((log) => log.info({ order, DATABASE_URL: 'postgres://u:hunter2@h/db' }, 'oops'));
  expect(JSON.stringify(line)).not.toMatch(/tok_ok|hunter2/);
});
