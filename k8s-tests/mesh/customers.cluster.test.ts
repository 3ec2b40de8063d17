// cspell:ignore Fstats fstats
/** Who gets through the gateway: every route with every credential, each with its exact answer. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { syncInteractions } from '../../cdk8s/model/interactions.ts';
import { type Access, GATEWAY } from '../../cdk8s/model/topology.ts';
import { topology } from '../../cdk8s/topology.ts';
import { check, hasHeader, hasStatus, isProblem, namesField } from '../harness/check.ts';
import { askEnvoy } from '../harness/envoy.ts';
import { type HttpRequest, send } from '../harness/http.ts';
import { goodOrder, orderRequest, readPlaced } from '../harness/order.ts';
import { tokenOf } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { type Credential, credentials, expectationOf, owner, type Refuser } from './customers/credentials.ts';

const { cluster, admin } = useCluster();
const problems = { 401: 'unauthenticated', 403: 'forbidden', 404: 'not-found', 431: 'headers-too-large' } as const;

interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly access: Access;
}

const routes = syncInteractions(topology)
  .filter(({ caller }) => caller === GATEWAY)
  .flatMap(({ rpcs }) =>
    Object.entries(rpcs).map(
      ([name, { method = 'POST', path, access = 'customer' }]): Route => ({ name, method, path, access }),
    ),
  );

/** An order of the owner. A reset before each test forgets it. */
let orderId: string;

/** What each route answers to whom it lets in. A route that is not here fails its tests. */
const authorized: Readonly<Record<string, (as: Credential['verdict']) => number>> = {
  PlaceOrder: () => 201,
  GetOrder: (as) => (as.kind === 'customer' && (as.id === owner || as.roles.includes('support')) ? 200 : 404),
  GetContract: () => 200,
  NoVersion2: () => 404,
  GetStats: () => 200,
};

async function requestTo({ method, path }: Route, credential: Credential): Promise<HttpRequest> {
  const { headers, query } = await credential.add();
  const { headers: ofOrder, body } = orderRequest(cluster.ingressUrl);
  const url = `${cluster.ingressUrl}${path.replace('{id}', orderId).replace('{resource}', 'orders')}`;
  return {
    method,
    url: query ? `${url}?${query}` : url,
    headers: { ...(method === 'POST' && ofOrder), ...headers, connection: 'close' },
    ...(method === 'POST' && body !== undefined && { body }),
  };
}

/** How many requests each filter of the gateway has refused so far. */
async function refusals(): Promise<Record<Refuser, number>> {
  const [pod] = await cluster.readyPods('istio-system', 'istio=ingressgateway');
  if (pod === undefined) throw new Error('no ready pod of the gateway');
  const { stats } = (await askEnvoy(cluster, pod, '/stats?format=json&filter=(jwt_authn|rbac)%5C.denied$')) as {
    stats: readonly { readonly name?: string; readonly value?: number }[];
  };
  const sum = (filter: Refuser) =>
    stats
      .filter(({ name = '' }) => name.includes(`${filter}.denied`))
      .reduce((total, { value = 0 }) => total + value, 0);
  return { jwt_authn: sum('jwt_authn'), rbac: sum('rbac') };
}

/** What a probe showed: the status, which filter counted a refusal, and what is wrong with the answer's form. */
async function probe(route: Route, credential: Credential) {
  const before = await refusals();
  const answer = await send(await requestTo(route, credential));
  const after = await refusals();
  const { status, text, headers } = answer;
  const refusedBy = (['jwt_authn', 'rbac'] as const).flatMap((filter) =>
    Array.from({ length: after[filter] - before[filter] }, () => filter),
  );
  const wrong = [
    status < 400 ? undefined : isProblem(problems[status as keyof typeof problems])(answer),
    status === 401 && headers['www-authenticate'] !== 'Bearer' ? 'no WWW-Authenticate' : undefined,
    /\bat .*\.(ts|js)|rbac_|jwt_authn|Jwt|eyJ/.test(text) ? `it tells too much: ${text}` : undefined,
  ].filter((each) => each !== undefined);
  return { status, refusedBy, wrong };
}

it.each(routes)('$method $path answers each credential as it should: it is for $access', async (route) => {
  const order = orderRequest(cluster.ingressUrl, goodOrder, randomUUID(), { customer: owner });
  orderId = readPlaced(check(await send(order), hasStatus(201))).orderId;
  const found: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const credential of credentials) {
    const { status, refusedBy } = expectationOf(credential.verdict, route.access);
    expected[credential.what] = {
      status: status === 'authorized' ? authorized[route.name]?.(credential.verdict) : status,
      refusedBy: refusedBy ? [refusedBy] : [],
      wrong: [],
    };
    found[credential.what] = await probe(route, credential);
  }
  expect(found).toEqual(expected);
});

describe('a customer', () => {
  const as = (customer: string) => ({ customer });

  it("gets for another one's order exactly what it gets for an order that does not exist", async () => {
    const id = readPlaced(check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201))).orderId;
    const read = async (of: string) =>
      check(await send({ url: `${cluster.ingressUrl}/v1/orders/${of}`, as: as('c-2') }), hasStatus(404)).text;
    expect(await read(id)).toBe(await read('00000000-0000-4000-8000-000000000000'));
  });

  it("can neither learn, nor use up, nor change by another one's key", async () => {
    const key = 'the-same-key';
    const other = { ...goodOrder, items: [{ sku: 'tee', quantity: 1 }] };
    const place = (order: object, customer: string) => send(orderRequest(cluster.ingressUrl, order, key, as(customer)));
    const first = check(await place(goodOrder, 'c-1'), hasStatus(201));
    const second = check(await place(other, 'c-2'), hasStatus(201), hasHeader('idempotency-replayed', undefined));
    expect(readPlaced(second).orderId).not.toBe(readPlaced(first).orderId);
    const again = check(await place(goodOrder, 'c-1'), hasStatus(201), hasHeader('idempotency-replayed', 'true'));
    expect(readPlaced(again).orderId).toBe(readPlaced(first).orderId);
  });

  it('cannot order in the name of another one, and no service is asked', async () => {
    const order = { ...goodOrder, customerId: 'c-2' };
    const answer = await send(orderRequest(cluster.ingressUrl, order, 'forbidden', as('c-1')));
    check(answer, hasStatus(403), isProblem('forbidden'), namesField('customerId'));
    expect((await admin('inventory').requestCounts()).byMatch).toEqual({});
    check(
      await send(orderRequest(cluster.ingressUrl, { ...goodOrder, customerId: 'c-1' }, 'forbidden', as('c-1'))),
      hasStatus(201),
    );
  });
});

/** Spellings of a path, and what a customer without a role gets for each. Without a token each is 401, or 400. */
const tricks: readonly { readonly path: string; readonly status: 200 | 400 | 403 | 404 }[] = [
  { path: '/v1/stats', status: 403 },
  { path: '/v1/stats?minutes=1', status: 403 },
  { path: '/v1/./stats', status: 403 },
  { path: '/v1/x/../stats', status: 403 },
  { path: '/v1/%2e%2e/v1/stats', status: 403 },
  { path: '/v1/%73tats', status: 403 },
  { path: '/v1\\stats', status: 403 },
  { path: '/v1/stats#x', status: 403 },
  { path: '/v1/openapi.json/../stats', status: 403 },
  { path: 'http://other.example/v1/stats', status: 403 },
  { path: '//v1/stats', status: 404 },
  { path: '/v1//stats', status: 404 },
  { path: '/V1/stats', status: 404 },
  { path: '/v1/STATS', status: 404 },
  { path: '/v1/stats/', status: 404 },
  { path: '/v1/stats%2f', status: 404 },
  { path: '/v1%2Fstats', status: 404 },
  { path: '/v1/stats;a=b', status: 404 },
  { path: '/v1/stats%20', status: 404 },
  { path: '/v1/openapi.json%2f..%2fstats', status: 404 },
  { path: '/v1/openapi.json/', status: 404 },
  { path: '//v1/openapi.json', status: 404 },
  { path: '/V1/openapi.json', status: 404 },
  { path: '/v1/OpenAPI.json', status: 404 },
  { path: '/v1/openapi.json%3f', status: 404 },
  { path: '/V1/orders', status: 404 },
  { path: '/v1/orders/', status: 404 },
  { path: '/unknown', status: 404 },
  { path: '/v1/stats%00', status: 400 },
  // The contract itself, by other spellings: normalized before anything reads the path.
  { path: '/v1/stats/../openapi.json', status: 200 },
  { path: '/v1/openapi.json?path=/v1/stats', status: 200 },
];

describe('no spelling of a path opens more than the plain path', () => {
  const statuses = async (headers: Readonly<Record<string, string>>) => {
    const found: Record<string, number> = {};
    for (const { path } of tricks) found[path] = await statusOf(path, headers);
    return found;
  };

  it('to a customer without a role', async () => {
    const token = await tokenOf({ customer: owner });
    const expected = tricks.map(({ path, status }) => [path, status]);
    expect(await statuses({ authorization: `Bearer ${token}` })).toEqual(Object.fromEntries(expected));
  });

  it('to a stranger', async () => {
    const expected = tricks.map(({ path, status }) => [path, status === 200 || status === 400 ? status : 401]);
    expect(await statuses({})).toEqual(Object.fromEntries(expected));
  });
});

it.each(['HEAD', 'POST', 'OPTIONS', 'DELETE'])('the contract is open for GET only, not for %s', async (method) => {
  const preflight = { origin: 'https://other.example', 'access-control-request-method': 'GET' };
  expect(await statusOf('/v1/openapi.json', preflight, method)).toBe(401);
});

/** Sends the path as it is written: a URL would be normalized before. */
function statusOf(path: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<number> {
  const { hostname, port } = new URL(cluster.ingressUrl);
  return new Promise((resolve, reject) => {
    request({ host: hostname, port, method, path, headers: { ...headers, connection: 'close' } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}
