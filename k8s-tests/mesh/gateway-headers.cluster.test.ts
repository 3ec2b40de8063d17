import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policies } from '../../cdk8s/policies.ts';
import { apply } from '../../cluster/kubernetes/kubectl.ts';
import { check, hasStatus } from '../harness/check.ts';
import { eventually } from '../harness/eventually.ts';
import { type HttpResponse, send } from '../harness/http.ts';
import { deleteNamespace, kubectl } from '../harness/kubectl.ts';
import { orderRequest } from '../harness/order.ts';
import { startPod } from '../harness/temporary-pod.ts';
import { customer } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();
const route = '/v1/orders';
const { timeoutMs } = policies['gateway->orders'].rpcs.PlaceOrder;

/** All x-envoy-* headers that Envoy reads or writes, and one that it may read in the future. */
const forged: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    'max-retries': '5',
    'retry-on': '5xx,reset,connect-failure,retriable-status-codes',
    'retry-grpc-on': 'unavailable',
    'retriable-status-codes': '503',
    'retriable-header-names': 'x-any',
    'hedge-on-per-try-timeout': 'true',
    'upstream-rq-per-try-timeout-ms': '100',
    'upstream-rq-timeout-ms': '300',
    'upstream-rq-timeout-alt-response': '1',
    'upstream-stream-duration-ms': '300',
    'upstream-alt-stat-name': 'forged',
    'expected-rq-timeout-ms': '300',
    'attempt-count': '7',
    'is-timeout-retry': 'true',
    internal: 'true',
    'external-address': '192.0.2.1',
    'force-trace': 'true',
    'decorator-operation': 'forged',
    'downstream-service-cluster': 'forged',
    'downstream-service-node': 'forged',
    'peer-metadata': 'forged',
    'peer-metadata-id': 'forged',
    'original-path': '/forged',
    'original-url': '/forged',
    'original-host': 'forged',
    'ip-tags': 'forged',
    'upstream-canary': 'true',
    'of-the-future': 'forged',
  }).map(([name, value]) => [`x-envoy-${name}`, value]),
);

/** A server behind the same gateway as orders. It answers with the headers of each request. */
const echo = {
  name: 'edge-echo',
  inMesh: false,
  program: `
    const { createServer } = require('node:http');
    createServer(({ headers }, response) => response.end(JSON.stringify(headers))).listen(8080);
  `,
} as const;
const echoRoute = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  // The gateway takes routes of this namespace only.
  metadata: { name: echo.name, namespace: 'shop' },
  spec: {
    hosts: ['edge-echo.example'],
    gateways: ['shop/windlass'],
    http: [{ timeout: '5s', route: [{ destination: { host: `${echo.name}.${echo.name}.svc.cluster.local` } }] }],
  },
} as const;

/** Envoy then treats every client as one of its own network, which may set these headers. */
const trustEveryone = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'edge-trusts-everyone', namespace: 'istio-system' },
  spec: {
    workloadSelector: { labels: { istio: 'ingressgateway' } },
    configPatches: [
      {
        applyTo: 'NETWORK_FILTER',
        match: {
          context: 'GATEWAY',
          listener: { filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager' } } },
        },
        patch: {
          operation: 'MERGE',
          value: {
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              internal_address_config: { cidr_ranges: [{ address_prefix: '0.0.0.0', prefix_len: 0 }] },
            },
          },
        },
      },
    ],
  },
} as const;

/** Each request uses a new connection, because Envoy serves an open connection with the config that it began with. */
const ownConnection = { connection: 'close' } as const;

/** The x-envoy-* headers of a request, as they arrive. */
async function arriving(headers: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const host = echoRoute.spec.hosts[0];
  const answer = await send({
    url: `${cluster.ingressUrl}/`,
    as: customer,
    headers: { ...headers, ...ownConnection, host },
  });
  const arrived = JSON.parse(check(answer, hasStatus(200)).text) as Record<string, string>;
  return Object.fromEntries(Object.entries(arrived).filter(([name]) => name.startsWith('x-envoy-')));
}

function place(headers: Readonly<Record<string, string>>): Promise<HttpResponse> {
  const call = orderRequest(cluster.ingressUrl);
  return send({ ...call, headers: { ...call.headers, ...headers, ...ownConnection } });
}

const attempts = async () => (await admin('orders').requestCounts()).byMatch[route];

const applyObject = (object: object) => apply(JSON.stringify(object), 'edge-headers');

beforeAll(async () => {
  await startPod(echo);
  await applyObject(echoRoute);
  await eventually(() => arriving());
});
afterAll(async () => {
  await kubectl('-n', 'shop', 'delete', 'virtualservice', echo.name, '--ignore-not-found');
  await deleteNamespace(echo.name);
});

describe.each([
  { client: 'an external client', isTrusted: false },
  { client: "a client of the gateway's own network", isTrusted: true },
])("the x-envoy-* headers of $client's request", ({ isTrusted }) => {
  if (isTrusted) {
    const waitUntil = (internal: string | undefined) =>
      eventually(async () => expect((await arriving())['x-envoy-internal']).toBe(internal), { timeoutMs: 15_000 });
    beforeAll(async () => {
      await applyObject(trustEveryone);
      await waitUntil('true');
    });
    afterAll(async () => {
      await kubectl('-n', 'istio-system', 'delete', 'envoyfilter', trustEveryone.metadata.name);
      await waitUntil(undefined);
    });
  }

  it("do not arrive: the only ones are Envoy's own, as in a request without them", async () => {
    const own = await arriving();
    expect(own).toMatchObject({ 'x-envoy-attempt-count': '1' });
    expect(await arriving(forged)).toEqual(own);
  });

  it('cause no retry: a failing order is one request to orders, as without them', async () => {
    await admin('orders').setFaults({ match: route, status: 503 });
    check(await place({}), hasStatus(503));
    expect(await attempts()).toBe(1);
    check(await place(forged), hasStatus(503));
    expect(await attempts()).toBe(2);
  });

  it(`change no timeout: a slow order times out after ${timeoutMs} ms, even if they ask for less or more`, async () => {
    await admin('orders').setFaults({ match: route, delayMs: 2 * timeoutMs + 1_000 });
    const longer = { ...forged, 'x-envoy-upstream-rq-timeout-ms': String(2 * timeoutMs) };
    for (const answer of await Promise.all([place(forged), place(longer)])) {
      expect(check(answer, hasStatus(504)).durationMs).toBeGreaterThan(timeoutMs * 0.9);
      expect(answer.durationMs).toBeLessThan(timeoutMs * 1.25);
    }
    expect(await attempts()).toBe(2);
  });
});
