import type { k8s } from 'cdk8s-plus-27';
import { expect, test } from 'vitest';
import { exampleTopology } from '../testing/example.ts';
import { type NamedPolicy, networkPolicies } from './network-policies.ts';
import { platformNetworkPolicies } from './platform-network-policies.ts';

interface Pod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

const pods: Readonly<Record<string, Pod>> = {
  ...Object.fromEntries(
    Object.entries(exampleTopology.services).map(([name, { namespace }]) => [
      name,
      { namespace, labels: { app: name } },
    ]),
  ),
  gateway: { namespace: 'istio-system', labels: { istio: 'ingressgateway' } },
  istiod: { namespace: 'istio-system', labels: { app: 'istiod' } },
  dns: { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
  jaeger: { namespace: 'observability', labels: { app: 'jaeger' } },
  prometheus: { namespace: 'observability', labels: { app: 'prometheus' } },
  tool: { namespace: 'postgres', labels: { app: 'tool' } },
  postgres: { namespace: 'postgres', labels: { app: 'postgres' } },
  kafka: { namespace: 'shop', labels: { 'strimzi.io/kind': 'Kafka', 'strimzi.io/name': 'events-kafka' } },
  strimzi: { namespace: 'shop', labels: { 'strimzi.io/kind': 'cluster-operator' } },
  command: { namespace: 'shop', labels: { 'windlass.example/command': 'a' } },
  unknown: { namespace: 'shop', labels: { app: 'unknown' } },
  elsewhere: { namespace: 'default', labels: { app: 'a' } },
};
const PORTS = [
  ...[53, 80, 443, 4317, 5432, 8080, 8443, 9090, 9093, 9187, 9404, 9464, 9901],
  ...[15010, 15012, 15014, 15017, 15090, 16686, 50051],
];
const policies = [
  ...networkPolicies(exampleTopology),
  ...platformNetworkPolicies(exampleTopology, { postgres: 'in-cluster', faults: 'on' }),
];

/** The connections that Kubernetes lets a pod open, as `from -> to:port`. */
function connections(from: string): string[] {
  return Object.keys(pods).flatMap((to) =>
    PORTS.filter((port) => to !== from && isOpen(from, to, port)).map((port) => `${from} -> ${to}:${port}`),
  );
}

test('a service opens connections to its callees, to the platform services that it uses, and to nothing else', () => {
  const standsOn = (name: string) => [`${name} -> dns:53`, `${name} -> jaeger:4317`, `${name} -> postgres:5432`];
  const expected = {
    a: [...standsOn('a'), 'a -> istiod:15012', 'a -> b:50051', 'a -> bank:8443', 'a -> kafka:9093'],
    b: [...standsOn('b'), 'b -> istiod:15012'],
    c: [...standsOn('c'), 'c -> istiod:15012', 'c -> b:50051', 'c -> kafka:9093'],
    bank: standsOn('bank'),
  };
  for (const [name, arrows] of Object.entries(expected))
    expect(connections(name).toSorted()).toEqual(arrows.toSorted());
});

test("an operator's command reaches names, Postgres and Kafka, and no pod reaches it", () => {
  expect(connections('command').toSorted()).toEqual([
    'command -> dns:53',
    'command -> kafka:9093',
    'command -> postgres:5432',
  ]);
  expect(
    Object.keys(pods)
      .flatMap(connections)
      .filter((arrow) => arrow.includes('-> command')),
  ).toEqual([]);
});

test('a service asks for names at its node, too, where NodeLocal DNSCache listens, by UDP and TCP', () => {
  for (const name of ['a', 'bank']) {
    const { spec } = policies.find((policy) => policy.name === name) ?? {};
    const rules = (spec?.egress ?? []).filter(({ to = [] }) => to.some(({ ipBlock }) => ipBlock !== undefined));
    expect(rules).toHaveLength(1);
    for (const cidr of ['169.254.20.10/32', '169.254.25.10/32'])
      expect(rules[0]?.to).toContainEqual({ ipBlock: { cidr } });
    expect(rules[0]?.ports?.map(({ protocol, port }) => `${protocol} ${port?.value}`)).toEqual(['TCP 53', 'UDP 53']);
  }
});

test('from the platform only the gateway reaches what it calls, and monitoring the metrics', () => {
  const ours = (arrow: string) => / -> (a|b|c|bank):/.test(arrow);
  expect(connections('gateway').filter(ours)).toEqual(['gateway -> a:8080']);
  expect(connections('prometheus').filter(ours).toSorted()).toEqual(
    ['a:15090', 'a:9464', 'b:15090', 'b:9464', 'bank:9464', 'c:15090', 'c:9464'].map((to) => `prometheus -> ${to}`),
  );
  for (const name of ['kafka', 'strimzi', 'dns', 'elsewhere']) expect(connections(name).filter(ours)).toEqual([]);
});

test('an unknown pod in our namespaces reaches nothing; the default does not select the pods of Strimzi', () => {
  expect(connections('unknown')).toEqual([]);
  expect(connections('elsewhere').filter((arrow) => arrow.includes('unknown'))).toEqual([]);
  expect(connections('strimzi')).toContain('strimzi -> kafka:9093');
});

/** Those who reach a pod, as `from:port`. */
function callersOf(to: string): string[] {
  return Object.keys(pods)
    .flatMap(connections)
    .flatMap((arrow) => (arrow.includes(` -> ${to}:`) ? arrow.replace(` -> ${to}`, '') : []));
}

test('Postgres is reached by services and commands, its metrics by Prometheus, and it reaches nothing', () => {
  const metrics = 'prometheus:9187';
  expect(callersOf('postgres').toSorted()).toEqual(
    [...['a', 'b', 'bank', 'c', 'command'].map((from) => `${from}:5432`), metrics].toSorted(),
  );
  expect(connections('postgres')).toEqual([]);
});

test('Jaeger gets spans from services and the gateway only, and shows them to whom egress rules let ask', () => {
  const spans = callersOf('jaeger').filter((arrow) => arrow.endsWith(':4317'));
  expect(spans.toSorted()).toEqual(['a', 'b', 'bank', 'c', 'gateway'].map((from) => `${from}:4317`));
  const others = callersOf('jaeger').filter((arrow) => !spans.includes(arrow));
  expect(others.toSorted()).toEqual(
    ['dns', 'elsewhere', 'gateway', 'istiod', 'kafka', 'strimzi'].map((from) => `${from}:16686`),
  );
});

test('istiod serves sidecars and the webhook, metrics to monitoring only, and nothing in plain text', () => {
  const arrows = callersOf('istiod').map((arrow) => arrow.split(':'));
  expect([...new Set(arrows.map(([, port]) => port))].toSorted()).toEqual(['15012', '15014', '15017']);
  expect(arrows.filter(([, port]) => port === '15014').map(([from]) => from)).toEqual(['prometheus']);
});

test('pods without a policy of their own in the namespaces of the platform are reached by nothing', () => {
  expect(callersOf('tool')).toEqual([]);
});

test('Prometheus reaches what it scrapes, its authority, names and the API server, and nothing else', () => {
  const others = connections('prometheus').filter((arrow) => !/ -> (a|b|c|bank):/.test(arrow));
  // The API server is reached by its port: no selector matches it.
  expect(others.filter((arrow) => !arrow.endsWith(':443')).toSorted()).toEqual(
    ['dns:53', 'gateway:15090', 'istiod:15012', 'istiod:15014', 'kafka:9404', 'postgres:9187'].map(
      (to) => `prometheus -> ${to}`,
    ),
  );
});

test('the tools of developers are ports of the node only where it is asked for', () => {
  const portsOf = (faults: 'on' | 'off') =>
    platformNetworkPolicies(exampleTopology, { postgres: 'in-cluster', faults })
      .filter(({ namespace, spec }) => namespace === 'observability' && spec.podSelector?.matchLabels)
      .map(({ name, spec }) => [name, spec.ingress?.filter(({ from }) => from === undefined).length]);
  expect(portsOf('on')).toEqual([
    ['jaeger', 1],
    ['prometheus', 1],
  ]);
  expect(portsOf('off')).toEqual([
    ['jaeger', 0],
    ['prometheus', 0],
  ]);
});

test('customers reach the gateway where it listens', () => {
  expect(callersOf('gateway')).toEqual(expect.arrayContaining(['elsewhere:80', 'elsewhere:8443']));
  expect(callersOf('gateway').filter((arrow) => !/:(80|443|8443)$/.test(arrow))).toEqual(['prometheus:15090']);
});

/** Both ends must allow it. A pod that no policy selects for a direction is open in that direction. */
function isOpen(from: string, to: string, port: number): boolean {
  const [source, target] = [podOf(from), podOf(to)];
  const egress = selecting(source, 'Egress');
  const ingress = selecting(target, 'Ingress');
  const leaves = egress.some(({ spec }) => spec.egress?.some(({ to, ports }) => admits(target, port, to, ports)));
  const enters = ingress.some(({ spec }) => spec.ingress?.some(({ from, ports }) => admits(source, port, from, ports)));
  return (egress.length === 0 || leaves) && (ingress.length === 0 || enters);
}

function podOf(name: string): Pod {
  const pod = pods[name];
  if (!pod) throw new Error(`no pod ${name}`);
  return pod;
}

function selecting({ namespace, labels }: Pod, direction: string): NamedPolicy[] {
  return policies.filter(
    (policy) =>
      policy.namespace === namespace &&
      policy.spec.policyTypes?.includes(direction) &&
      matches(policy.spec.podSelector, labels),
  );
}

function admits(
  { namespace, labels }: Pod,
  port: number,
  peers: readonly k8s.NetworkPolicyPeer[] | undefined,
  ports: readonly k8s.NetworkPolicyPort[] = [],
): boolean {
  // A rule without peers admits anyone.
  const isPeer =
    peers === undefined ||
    peers.some(
      ({ ipBlock, namespaceSelector, podSelector }) =>
        // None of these pods has an address of its own here.
        ipBlock === undefined &&
        matches(namespaceSelector, { 'kubernetes.io/metadata.name': namespace }) &&
        matches(podSelector, labels),
    );
  return isPeer && ports.some((open) => open.port?.value === port);
}

function matches(selector: k8s.LabelSelector | undefined, labels: Pod['labels']): boolean {
  const byLabel = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    byLabel &&
    (selector?.matchExpressions ?? []).every(
      ({ key, operator }) => (operator === 'Exists') === (labels[key] !== undefined),
    )
  );
}
