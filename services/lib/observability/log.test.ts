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

test('secret fields are not written, wherever they are', () => {
  const err = Object.assign(new Error('lost'), { connectionString: 'postgres://u:hunter2@h/db', code: 'ECONNRESET' });
  const order = { paymentToken: 'tok_ok', cards: [{ payment_token: 'tok_ok', last4: '4242' }] };
  const line = capture((log) => log.info({ err, order, DATABASE_URL: 'postgres://u:hunter2@h/db' }, 'oops'));
  expect(JSON.stringify(line)).not.toMatch(/tok_ok|hunter2/);
  expect(line).toMatchObject({ err: { type: 'Error', message: 'lost', code: 'ECONNRESET' } });
  expect(line).toMatchObject({ order: { paymentToken: '[redacted]', cards: [{ last4: '4242' }] } });
});

test('nothing is quoted from deep within, not even by an error there', () => {
  const err = Object.assign(new Error('lost'), { detail: 'Key (token)=(tok_ok) exists.' });
  const bare = Object.assign(Object.create(null), { paymentToken: 'tok_ok' });
  const deep = { a: { b: { c: { d: { err, e: { err, paymentToken: 'tok_ok' } } } } } };
  const line = capture((log) => log.info({ deep, bare }, 'oops'));
  expect(JSON.stringify(line)).not.toContain('tok_ok');
});

test.each(['boom', 17, null])('a thrown %j, which is not an Error, is written as it is', (err) => {
  expect(capture((log) => log.info({ err }, 'oops'))).toMatchObject({ err, msg: 'oops' });
});

test('an object that contains itself is written', () => {
  const self: Record<string, unknown> = { label: 'ring' };
  self.self = self;
  expect(capture((log) => log.info({ self }, 'oops'))).toMatchObject({ self: { label: 'ring' }, msg: 'oops' });
});
