import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeLimits } from '../../cdk8s/mesh/edge/limits.ts';
import { gatewayExamples } from '../../services/orders/openapi/openapi-examples.ts';
import { check, hasStatus, isProblem, namesField, succeeded } from '../harness/check.ts';
import { withDatabase } from '../harness/database.ts';
import { type HttpRequest, type HttpResponse, headerOf, send, traceIdOf } from '../harness/http.ts';
import { orderRequest } from '../harness/order.ts';
import { SlowClients } from '../harness/slow-clients.ts';
import { analyst, everyone, oneLike } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();
const at = (path: string): string => `${cluster.ingressUrl}${path}`;

describe('the gateway answers by itself with a problem', () => {
  const answers: readonly { what: string; call: () => HttpRequest; status: number; kind: string }[] = [
    { what: 'an unknown path', call: () => ({ url: at('/unknown') }), status: 404, kind: 'not-found' },
    { what: 'a deeper path', call: () => ({ url: at('/v2/a/b') }), status: 404, kind: 'not-found' },
    {
      what: 'another method',
      call: () => ({ method: 'DELETE', url: at('/v1/orders') }),
      status: 404,
      kind: 'not-found',
    },
    {
      what: 'an id of 201 characters',
      call: () => ({ url: at(`/v1/orders/${'x'.repeat(201)}`) }),
      status: 404,
      kind: 'not-found',
    },
    {
      what: 'a path of 15 kB',
      call: () => ({ url: at(`/v2/${'x'.repeat(15_000)}`) }),
      status: 431,
      kind: 'headers-too-large',
    },
    {
      what: 'headers of 9 kB',
      call: () => ({ url: at('/v1/stats'), headers: { baggage: 'x'.repeat(9_000) } }),
      status: 431,
      kind: 'headers-too-large',
    },
    {
      what: 'a body of 70 kB',
      call: () => ({ ...orderRequest(cluster.ingressUrl), body: 'x'.repeat(70_000) }),
      status: 413,
      kind: 'too-large',
    },
  ];

  it.each(answers)('$what', async ({ call, status, kind }) => {
    const { text } = check(await send({ as: everyone, ...call() }), hasStatus(status), isProblem(kind));
    if (status === 431) expect(JSON.parse(text)).toEqual(gatewayExamples.headersTooLarge);
  });

  it('an order that orders does not answer in time, with the id of the request', async () => {
    await admin('orders').setFaults({ match: '/v1/orders', delayMs: 5_000 });
    const answer = check(await send(orderRequest(cluster.ingressUrl)), hasStatus(504), isProblem('timeout'));
    expect(JSON.parse(answer.text)).toEqual(gatewayExamples.timeout);
    expect(headerOf(answer, 'x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('what is not HTTP, and names that', async () => {
    const socket = connect(Number(new URL(cluster.ingressUrl).port), '127.0.0.1');
    socket.write('GET /v1/stats HTTP/1.1\r\nhost: a\r\ncontent-length: many\r\n\r\n');
    const text = String((await once(socket, 'data'))[0]);
    socket.destroy();
    expect(text).toContain('application/problem+json');
    const body = JSON.parse(text.split('\r\n\r\n')[1] ?? '');
    expect(body).toMatchObject({
      type: expect.stringMatching(/\/invalid$/),
      status: 400,
      errors: [{ field: 'request' }],
    });
  });
});

describe("a client's trace headers", () => {
  const clientTrace = '0af7651916cd43dd8448eb211c80319c';
  const place = (flags: string): Promise<HttpResponse> => {
    const call = orderRequest(cluster.ingressUrl);
    const trace = {
      traceparent: `00-${clientTrace}-b7ad6b7169203331-${flags}`,
      tracestate: 'a=b',
      baggage: `a=${'x'.repeat(4_000)}`,
    };
    return send({ ...call, headers: { ...call.headers, ...trace } });
  };

  it.each(['00', '01'])('with the flags %s neither join the trace nor decide whether it is kept', async (flags) => {
    const answer = check(await place(flags), succeeded);
    expect(traceIdOf(answer)).not.toBe(clientTrace);
    expect(headerOf(answer, 'traceresponse')).toMatch(/-01$/);
  });

  it('with a request id or a trace id of its own neither', async () => {
    const call = orderRequest(cluster.ingressUrl);
    const ids = { 'x-request-id': 'none', 'x-client-trace-id': 'a' };
    const answer = check(await send({ ...call, headers: { ...call.headers, ...ids } }), succeeded);
    expect(headerOf(answer, 'x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headerOf(answer, 'traceresponse')).toMatch(/-01$/);
  });

  it('are not stored with events', async () => {
    const { orderId } = JSON.parse(check(await place('01'), succeeded).text) as { orderId: string };
    const { rows } = await withDatabase(cluster, { name: 'orders', namespace: 'shop' }, (client) =>
      client.query<{ trace: object }>('SELECT trace FROM outbox WHERE subject = $1', [orderId]),
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { trace } of rows) expect(Object.keys(trace)).toEqual(['traceparent']);
  });
});

describe('while 500 clients send their orders one byte at a time', () => {
  let slow: SlowClients;
  beforeAll(() => {
    slow = new SlowClients(cluster.ingressUrl, 500);
  });
  afterAll(() => slow.stop());

  it('others notice nothing, and the slow ones get 408 in the end', { timeout: 60_000 }, async () => {
    const startedAt = performance.now();
    while (performance.now() - startedAt < edgeLimits.requestTimeoutMs + 1_000) {
      check(await send(orderRequest(cluster.ingressUrl)), succeeded);
      check(await send({ url: at('/v1/stats'), as: oneLike(analyst) }), succeeded);
    }
    await expect.poll(() => slow.answers.length, { timeout: 10_000 }).toBe(500);
    expect(slow.answers.filter((text) => !/^HTTP\/1\.1 408 .*problem\+json/s.test(text))).toEqual([]);
  });
});

it('half an emoji is an error of its sender, who learns the field', async () => {
  const call = orderRequest(cluster.ingressUrl);
  const body = (call.body ?? '').replace(/"name":"[^"]*"/, '"name":"A\\ud83d"');
  check(await send({ ...call, body }), hasStatus(400), isProblem('invalid'), namesField('shippingAddress.name'));
});
