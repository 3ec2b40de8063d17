import { describe, expect, it } from 'vitest';
import { environments } from '../../cdk8s/environments.ts';
import { MESH_ROOT_NAMESPACE } from '../../cdk8s/mesh/caller.ts';
import { rateLimitFilter } from '../../cdk8s/mesh/edge/rate-limits.ts';
import { securityHeaders } from '../../cdk8s/mesh/edge/response-headers.ts';
import { gatewayExamples } from '../../services/orders/openapi/openapi-examples.ts';
import { check, hasHeader, hasStatus, isProblem, succeeded } from '../harness/check.ts';
import { eventually } from '../harness/eventually.ts';
import { type HttpResponse, send } from '../harness/http.ts';
import { whileEdited } from '../harness/live-objects.ts';
import { goodOrder, orderRequest } from '../harness/order.ts';
import { type Sender, support } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster } = useCluster();
const { perCustomer, ordersPerCustomer } = environments.dev.edge;
const read = (as: Sender) => send({ url: `${cluster.ingressUrl}/v1/orders/unknown`, as });

/** How many of the answers are 429. */
function refused(answers: readonly HttpResponse[]): number {
  return answers.filter(({ status }) => status === 429).length;
}

describe('a customer who sends too much', () => {
  it('gets 429 with Retry-After as a problem, and another one notices nothing', async () => {
    const one = { customer: 'limits-1' };
    const { requestsPerSecond, burst } = perCustomer;
    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 3 * burst }, () => read(one)));
    const seconds = (performance.now() - startedAt) / 1_000;
    const passed = answers.length - refused(answers);
    expect(passed).toBeGreaterThanOrEqual(burst);
    expect(passed).toBeLessThanOrEqual(burst + Math.ceil(requestsPerSecond * seconds));
    const answer = check(
      answers.find(({ status }) => status === 429) as HttpResponse,
      isProblem('too-many-requests'),
      hasHeader('retry-after', '1'),
    );
    expect(JSON.parse(answer.text)).toEqual(gatewayExamples.tooMany);
    check(await read({ customer: 'limits-2' }), hasStatus(404));
  });

  it('may go on after the time in Retry-After', async () => {
    const one = { customer: 'limits-3' };
    await Promise.all(Array.from({ length: 3 * perCustomer.burst }, () => read(one)));
    await expect.poll(async () => (await read(one)).status, { interval: 1_000, timeout: 3_000 }).toBe(404);
  });

  it('by orders is refused sooner, and can still read', async () => {
    const one = { ...support, customer: 'limits-4' };
    const { requestsPerSecond, burst } = ordersPerCustomer;
    const startedAt = performance.now();
    // The same key: all but one of these cost little.
    const place = () => send(orderRequest(cluster.ingressUrl, goodOrder, 'limits', one));
    const answers = await Promise.all(Array.from({ length: burst + 10 }, place));
    const seconds = (performance.now() - startedAt) / 1_000;
    const passed = answers.length - refused(answers);
    expect(passed).toBeGreaterThanOrEqual(burst);
    expect(passed).toBeLessThanOrEqual(burst + Math.ceil(requestsPerSecond * seconds));
    check(await read(one), hasStatus(404));
  });
});

describe('an address that sends too much', () => {
  // Without a token no customer's limit counts, and a new address each time would always have a full bucket.
  let count = 0;
  const claimAnother = () => {
    count += 1;
    const address = `198.18.${count >> 8}.${count & 255}`;
    // A connection that is kept has the limit that was set when it was made.
    const headers = {
      connection: 'close',
      'x-forwarded-for': address,
      'x-real-ip': address,
      forwarded: `for=${address}`,
    };
    return send({ url: `${cluster.ingressUrl}/v1/stats`, headers });
  };
  const claimMany = () => Promise.all(Array.from({ length: 30 }, claimAnother));
  it('is refused even if it claims in x-forwarded-for to be another one each time', async () => {
    const perAddress = { requestsPerSecond: 1, burst: 5 };
    const limited = () => rateLimitFilter({ ...environments.dev.edge, perAddress });
    const expectRefusals = async () => {
      const answers = await claimMany();
      expect(refused(answers)).toBeGreaterThanOrEqual(20);
    };
    await whileEdited('envoyfilter/edge-rate-limits', limited, () => eventually(expectRefusals), MESH_ROOT_NAMESPACE);
    await eventually(async () => expect(refused(await claimMany())).toBe(0));
  });
});

describe('every answer has the security headers, and none says which software runs here', () => {
  const answers = {
    'of a service': () => send(orderRequest(cluster.ingressUrl)),
    'of a service that refuses': () => send({ ...orderRequest(cluster.ingressUrl), body: '{}' }),
    'of the gateway, without a token': () => send({ url: `${cluster.ingressUrl}/v1/stats` }),
    'of the gateway, to headers that are too large': () =>
      send({ url: `${cluster.ingressUrl}/v1/stats`, headers: { baggage: 'x'.repeat(9_000) } }),
  };

  it.each(Object.entries(answers))('%s', async (_, call) => {
    const { headers } = await call();
    expect(headers).toMatchObject(securityHeaders);
    const telling = Object.keys(headers).filter((name) => /^(server|x-powered-by|x-envoy-.*)$/.test(name));
    expect(telling).toEqual([]);
  });
});

it('paths are compared with their case, and with a trailing slash', async () => {
  const as = { customer: 'limits-5', roles: ['analyst'] };
  const get = (path: string) => send({ url: `${cluster.ingressUrl}${path}`, as });
  check(await get('/v1/stats'), succeeded);
  for (const path of ['/V1/stats', '/v1/Stats', '/v1/stats/']) check(await get(path), hasStatus(404));
});
