import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { expect, test } from 'vitest';
import { createLog } from './log.ts';
import { isPersonal, personalFields } from './personal-fields.ts';
import { redact } from './redact-spans.ts';
import { discardSpans } from './sdk.ts';

const value = 'Ada Hidden, Hidden Street 17';

test.each(['customerId', 'customer_id', 'CustomerID', 'x-windlass-principal', 'url.full', 'http.target'])(
  '%s is personal, however it is written',
  (name) => expect(isPersonal(name)).toBe(true),
);

test.each(['orderId', 'topic', 'subject', 'http.route', 'windlass.order_id', 'server.address', 'service.name', 'err'])(
  '%s is not',
  (name) => expect(isPersonal(name)).toBe(false),
);

test('no log line has the value of a personal field, at any depth', () => {
  const lines: string[] = [];
  const log = createLog('orders', 'trace', { write: (line) => lines.push(line) });
  for (const name of personalFields) {
    log.info({ [name]: value }, 'plain');
    log.error({ order: { lines: [{ [name]: { text: value } }] }, err: Object.assign(new Error('no'), { row: value }) });
  }
  expect(lines).toHaveLength(personalFields.length * 2);
  for (const line of lines) expect(line).not.toContain('Hidden');
});

test('no span has the value of a personal attribute, in itself or its events', async () => {
  const ended: Parameters<typeof redact>[0][] = [];
  const keep = { ...discardSpans, onEnd: (one: (typeof ended)[number]) => void ended.push(one) };
  const sdk = new NodeSDK({ spanProcessors: [keep], metricReaders: [], logRecordProcessors: [] });
  sdk.start();
  const attributes = Object.fromEntries(personalFields.map((name) => [name, value]));
  const span = trace.getTracer('t').startSpan('work', { attributes: { ...attributes, 'http.route': '/v1/orders' } });
  span.addEvent('seen', { ...attributes, attempt: 2 });
  span.end();
  await sdk.shutdown();
  const [exported] = ended.map(redact);
  expect(exported).toMatchObject({
    name: 'work',
    attributes: { 'http.route': '/v1/orders' },
    events: [{ name: 'seen', attributes: { attempt: 2 } }],
  });
  expect(JSON.stringify([exported?.attributes, exported?.events])).not.toContain('Hidden');
  expect(exported?.spanContext()).toEqual(span.spanContext());
});
