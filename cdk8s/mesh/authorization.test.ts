import { expect, test } from 'vitest';
import { exampleModel, exampleTopology } from '../testing/example.ts';
import { planMesh } from './plan.ts';

const { authorizationPolicies: policies } = planMesh(exampleModel(), [{ each: 1 }]);

/** What a policy allows, as `account METHOD :port path`. */
function allowedAt(service: string): string[] {
  const { spec } = policies.find(({ name }) => name === service) ?? {};
  expect(spec).toMatchObject({ action: 'ALLOW', selector: { matchLabels: { app: service } } });
  return (spec?.rules ?? []).flatMap(({ from = [], to = [] }) =>
    from.flatMap(({ source }) =>
      (source?.principals ?? []).flatMap((principal) =>
        to.flatMap(({ operation: { methods = ['any'], ports = [], paths = ['any'] } = {} }) =>
          paths.map((path) => `${principal} ${methods.join()} :${ports.join()} ${path}`),
        ),
      ),
    ),
  );
}

const scrape = 'cluster.local/ns/observability/sa/prometheus any :9464 any';

test('a service takes exactly the RPCs that the topology states, each from its caller, on its own port', () => {
  expect(allowedAt('b')).toEqual([
    'cluster.local/ns/shop/sa/a POST :50051 /b.v1.B/Ask',
    'cluster.local/ns/shop/sa/c POST :50051 /b.v1.B/Ask',
    scrape,
  ]);
});

test('the gateway has an identity of its own, and a parameter is one segment of the path', () => {
  const gateway = 'cluster.local/ns/istio-system/sa/istio-ingressgateway';
  expect(allowedAt('a')).toEqual([`${gateway} GET :8080 /v1/{*}`, `${gateway} POST :8080 /v1/purchases`, scrape]);
});

test('a service without callers takes only the requests of monitoring', () => {
  expect(allowedAt('c')).toEqual([scrape]);
});

test('every workload of the mesh has a policy, in its own namespace; a partner has no proxy that could read one', () => {
  expect(policies.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(['shop/a', 'shop/b', 'shop/c']);
});

test('a caller of another namespace is named with that namespace, which then also knows the routes', () => {
  const services = { ...exampleTopology.services, c: { ...exampleTopology.services.c, namespace: 'back-office' } };
  const plan = planMesh(exampleModel({ topology: { ...exampleTopology, services } }), [{ each: 1 }]);
  const { spec } = plan.authorizationPolicies.find(({ name }) => name === 'b') ?? {};
  expect(JSON.stringify(spec)).toContain('cluster.local/ns/back-office/sa/c');
  const of = (name: string) => [...plan.virtualServices, ...plan.destinationRules].find((one) => one.name === name);
  expect(of('b')?.spec.exportTo).toEqual(['shop', 'back-office']);
  expect(of('b-from-c')?.spec.exportTo).toEqual(['back-office']);
});

test('only the namespaces of its callers know a route, a rule or the host of a partner', () => {
  const plan = planMesh(exampleModel(), [{ each: 1 }]);
  const exported = [...plan.virtualServices, ...plan.destinationRules, ...plan.serviceEntries].map(
    ({ name, spec }) => `${name}: ${spec.exportTo?.join()}`,
  );
  expect(exported).toEqual([
    'a: istio-system',
    'b: shop',
    'bank: shop',
    'a: istio-system',
    'b: shop',
    'b-from-c: shop',
    'bank: shop',
    'bank: shop',
  ]);
});
