import { describe, expect, test } from 'vitest';
import type { VirtualServiceSpecHttp } from '../imports/networking.istio.io.ts';
import {
  dependencyPolicy,
  exampleModel,
  examplePolicies as policies,
  retried,
  exampleTopology as topology,
} from '../testing/example.ts';
import { type Named, planMesh } from './plan.ts';

const halfFailing = {
  kind: 'failure-rate',
  percent: 50,
  minRequests: 20,
  intervalMs: 1_000,
  ejectionMs: 10_000,
  maxEjectionPercent: 'all',
} as const;

const plan = planMesh(exampleModel(), [{ each: 1 }]);

function specOf<Spec>(resources: readonly Named<Spec>[], name: string): Spec {
  const found = resources.find((resource) => resource.name === name);
  if (!found) throw new Error(`no ${name} among ${resources.map((resource) => resource.name)}`);
  return found.spec;
}

function routeOf(host: string, route: string): VirtualServiceSpecHttp {
  const found = specOf(plan.virtualServices, host).http?.find(({ name }) => name === route);
  if (!found) throw new Error(`no route ${route}`);
  return found;
}

describe('VirtualServices', () => {
  test('each called host has one, named like the service', () => {
    expect(plan.virtualServices.map(({ name, namespace }) => `${namespace}/${name}`)).toEqual([
      'shop/a',
      'shop/b',
      'shop/bank',
    ]);
  });

  test('all callers of a host share it, and routes match their label and the gRPC path', () => {
    const { hosts, gateways, http } = specOf(plan.virtualServices, 'b');
    expect(hosts).toEqual(['b.shop.svc.cluster.local']);
    expect(gateways).toBeUndefined();
    expect(http?.map(({ name, match }) => ({ name, match }))).toEqual([
      { name: 'a.Ask', match: [{ uri: { exact: '/b.v1.B/Ask' }, sourceLabels: { app: 'a' } }] },
      { name: 'c.Ask', match: [{ uri: { exact: '/b.v1.B/Ask' }, sourceLabels: { app: 'c' } }] },
    ]);
  });

  test('a retry policy is written out in full', () => {
    const route = routeOf('b', 'a.Ask');
    expect(route.timeout).toBe('1000ms');
    expect(route.retries).toEqual({
      attempts: 2,
      retryOn: 'unavailable,reset,deadline-exceeded',
      perTryTimeout: '300ms',
      backoff: '20ms',
    });
    expect(route.route).toEqual([{ destination: { host: 'b.shop.svc.cluster.local', port: { number: 50051 } } }]);
  });

  test('the absence of retries is explicit, because Istio retries by default', () => {
    expect(routeOf('b', 'c.Ask').retries).toEqual({ attempts: 0 });
  });

  test('an attempt that may use the rest of the timeout has no timeout of its own', () => {
    const Ask = { ...retried, retries: { ...retried.retries, perTryTimeoutMs: 'rest-of-timeout' } } as const;
    const { virtualServices } = planMesh(
      exampleModel({ policies: { ...policies, 'a->b': dependencyPolicy({ Ask }) } }),
      [{ each: 1 }],
    );
    const virtualService = virtualServices.find(({ name }) => name === 'b');
    expect(virtualService?.spec.http?.[0]?.retries).toEqual({
      attempts: 2,
      retryOn: 'unavailable,reset,deadline-exceeded',
      backoff: '20ms',
    });
  });

  test('no route matches a call without a dependency', () => {
    const routes = plan.virtualServices.flatMap(({ spec }) => spec.http ?? []);
    expect(routes.filter(({ match }) => !match?.length)).toEqual([]);
  });

  test('the gateway accepts any host', () => {
    const { hosts, gateways } = plan.virtualServices[0]?.spec ?? {};
    expect({ hosts, gateways }).toEqual({ hosts: ['*'], gateways: ['shop/windlass'] });
    const route = routeOf('a', 'gateway.Enter');
    expect(route.match).toEqual([
      { uri: { regex: '/v1/[^/]{1,200}' }, method: { exact: 'GET' }, statPrefix: 'a_Enter' },
    ]);
  });

  test('a host that the gateway and the mesh call has one for each: Istio accepts `*` only apart from the mesh', () => {
    const [fromGateway] = topology.interactions;
    const rpcs = Object.entries(fromGateway.rpcs).map(([name, { slo: _, access: __, ...rpc }]) => [
      name,
      { ...rpc, ratePerSecond: 1 },
    ]);
    const both = {
      ...topology,
      interactions: [...topology.interactions, { ...fromGateway, caller: 'c', rpcs: Object.fromEntries(rpcs) }],
    };
    const gatewayPolicy = policies['gateway->a'];
    if (!gatewayPolicy) throw new Error('the example changed');
    const { virtualServices, destinationRules } = planMesh(
      exampleModel({ topology: both, policies: { ...policies, 'c->a': gatewayPolicy } }),
      [{ each: 1 }],
    );
    expect(virtualServices.map(({ name }) => name)).toEqual(['a', 'a-gateway', 'b', 'bank']);
    expect(destinationRules.map(({ name }) => name)).toContain('a-from-c');
  });
});

describe('DestinationRules', () => {
  test('pool, ejection and budget carry the stated numbers', () => {
    expect(specOf(plan.destinationRules, 'b')).toEqual({
      exportTo: ['shop'],
      host: 'b.shop.svc.cluster.local',
      trafficPolicy: {
        connectionPool: {
          tcp: { connectTimeout: '100ms', maxConnections: 10 },
          http: { http2MaxRequests: 20, http1MaxPendingRequests: 5 },
        },
        outlierDetection: {
          consecutive5XxErrors: 5,
          interval: '1000ms',
          baseEjectionTime: '30000ms',
          maxEjectionPercent: 100,
        },
        retryBudget: { percent: 20, minRetryConcurrency: 3 },
      },
    });
  });

  test('a further caller of the same host has a rule of its own, selected by its label', () => {
    expect(specOf(plan.destinationRules, 'b-from-c')).toMatchObject({
      workloadSelector: { matchLabels: { app: 'c' } },
    });
    expect(specOf(plan.destinationRules, 'b-from-c')).not.toHaveProperty('trafficPolicy.outlierDetection');
  });

  test('the rule of a caller in another namespace is in that namespace, because a selector matches only pods of its own', () => {
    const services = { ...topology.services, c: { ...topology.services.c, namespace: 'back-office' } };
    const { destinationRules } = planMesh(exampleModel({ topology: { ...topology, services } }), [{ each: 1 }]);
    expect(destinationRules.map(({ name, namespace }) => `${namespace}/${name}`)).toEqual(
      expect.arrayContaining(['shop/b', 'back-office/b-from-c']),
    );
  });
});

test('a failure-rate breaker is ejection in the DestinationRule and its rate in an EnvoyFilter for the caller', () => {
  const changed = { ...policies, 'a->b': dependencyPolicy({ Ask: retried }, { breaker: halfFailing }) };
  const { destinationRules, envoyFilters } = planMesh(exampleModel({ policies: changed }), [{ each: 1 }]);
  expect(specOf(destinationRules, 'b').trafficPolicy?.outlierDetection).toEqual({
    consecutive5XxErrors: 0,
    interval: '1000ms',
    baseEjectionTime: '10000ms',
    maxEjectionPercent: 100,
  });
  expect(envoyFilters.map(({ name, namespace }) => `${namespace}/${name}`)).toEqual(['shop/b-from-a-ejection']);
  expect(specOf(envoyFilters, 'b-from-a-ejection')).toEqual({
    workloadSelector: { labels: { app: 'a' } },
    configPatches: [
      {
        applyTo: 'CLUSTER',
        match: { context: 'SIDECAR_OUTBOUND', cluster: { service: 'b.shop.svc.cluster.local' } },
        patch: {
          operation: 'MERGE',
          value: {
            outlier_detection: {
              max_ejection_time: '10s',
              failure_percentage_threshold: 50,
              failure_percentage_request_volume: 20,
              failure_percentage_minimum_hosts: 1,
              enforcing_failure_percentage: 100,
            },
          },
        },
      },
    ],
  });
});

test("the gateway's failure-rate breaker is set where its pods run", () => {
  const enter = policies['gateway->a'];
  if (!enter) throw new Error('the example changed');
  const changed = { ...policies, 'gateway->a': { ...enter, breaker: halfFailing } };
  const [filter] = planMesh(exampleModel({ policies: changed }), [{ each: 1 }]).envoyFilters;
  expect(filter).toMatchObject({
    namespace: 'istio-system',
    spec: {
      workloadSelector: { labels: { istio: 'ingressgateway' } },
      configPatches: [{ match: { context: 'GATEWAY' } }],
    },
  });
});

describe('Sidecars', () => {
  test('a workload knows its callees and the trace collector, and nothing else', () => {
    expect(specOf(plan.sidecars, 'a')).toEqual({
      workloadSelector: { labels: { app: 'a' } },
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      egress: [
        {
          hosts: [
            'shop/b.shop.svc.cluster.local',
            'shop/bank.example',
            'observability/jaeger-collector.observability.svc.cluster.local',
          ],
        },
      ],
    });
  });

  test('each workload of the mesh has one, a partner none', () => {
    expect(plan.sidecars.map(({ name, namespace }) => `${namespace}/${name}`)).toEqual(['shop/a', 'shop/b', 'shop/c']);
  });
});

test('an external host is reached at its real port through a ServiceEntry', () => {
  expect(plan.serviceEntries).toEqual([
    {
      name: 'bank',
      namespace: 'shop',
      spec: {
        exportTo: ['shop'],
        hosts: ['bank.example'],
        location: 'MESH_EXTERNAL',
        resolution: 'DNS',
        ports: [{ name: 'http', number: 80, protocol: 'HTTP' }],
        endpoints: [{ address: 'bank.partner.svc.cluster.local', ports: { http: 8443 } }],
      },
    },
  ]);
});

test('callers of an external host speak TLS to it, and accept only its own certificate from its own authority', () => {
  expect(specOf(plan.destinationRules, 'bank').trafficPolicy?.tls).toEqual({
    mode: 'SIMPLE',
    sni: 'bank.example',
    caCertificates: '/etc/partner-ca/bank-ca/ca.crt',
    subjectAltNames: ['bank.example'],
  });
  expect(plan.destinationRules.filter(({ spec }) => spec.trafficPolicy?.tls).map(({ name }) => name)).toEqual(['bank']);
});
